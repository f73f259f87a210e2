// Responses that a later request may go on from: in memory, bounded in count, bytes and age.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "server/api/response_store.h"

namespace pincer {

struct ResponseMemoryLimits {
  std::size_t count = 1000;
  std::size_t bytes = 64 << 20;
  std::chrono::seconds age{3600};  // since it was last used
};

// Thread-safe. What does not fit pushes out what was used longest ago.
class ResponseMemory {
 public:
  using Clock = std::chrono::steady_clock;
  explicit ResponseMemory(const ResponseMemoryLimits& limits = {},
                          std::function<Clock::time_point()> clock = Clock::now);

  // Replaces one of the same id. One that is larger than all the memory is not kept.
  void put(StoredResponse response);
  // Null if it is unknown, of another owner, or gone.
  std::shared_ptr<const StoredResponse> find(std::string_view id, std::string_view owner);
  bool remove(std::string_view id, std::string_view owner);

  std::size_t count() const;
  std::size_t bytes() const;

 private:
  struct Entry {
    std::shared_ptr<const StoredResponse> response;
    std::size_t bytes = 0;
    Clock::time_point used;
  };
  using Entries = std::list<Entry>;  // the last used one first
  void erase(Entries::iterator entry);
  void trim(Clock::time_point now);
  Entries::iterator lookup(std::string_view id, std::string_view owner);

  const ResponseMemoryLimits limits_;
  const std::function<Clock::time_point()> clock_;
  mutable std::mutex mutex_;
  Entries entries_;
  std::unordered_map<std::string_view, Entries::iterator> index_;  // by the ids in the entries
  std::size_t bytes_ = 0;
};

}  // namespace pincer
