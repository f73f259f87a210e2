// Who was served how much: what the scheduler's fairness rests on.
//
// Every client has a counter of tokens that were computed for it, and the one with the lowest is
// served next (virtual token counters, arXiv 2401.00588). A client that comes back after a pause
// starts where the least served of the others is: it cannot save up while it is away. Counters of
// clients that are away are dropped once they say nothing.
//
// Priorities age: a class of priority that has waited long counts as a higher one until one of its
// requests is admitted. The time comes from the caller.
#pragma once

#include <cstdint>
#include <map>
#include <unordered_map>

namespace pincer {

using ClientId = std::uint64_t;

class ClientShares {
 public:
  // A token of output costs about as much as several of a prompt that are computed together.
  static constexpr double kPromptWeight = 1, kOutputWeight = 2;

  void arrived(ClientId client);  // it has one more request that waits or runs
  void left(ClientId client);     // one of these is over
  void served(ClientId client, double tokens);
  double counter(ClientId client) const;
  std::size_t clients() const { return clients_.size(); }

  void admitted(int priority, double now_s) { admissions_[priority] = now_s; }
  // When a request of this priority was admitted last; far in the past when never.
  double last_admission_s(int priority) const;

 private:
  struct Client {
    double counter = 0;
    int requests = 0;
  };
  void settle();

  std::unordered_map<ClientId, Client> clients_;
  std::map<int, double> admissions_;
  double floor_ = 0;  // the least counter of those with requests; never goes down
};

}  // namespace pincer
