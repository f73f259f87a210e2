// Who comes before whom: the order of admission, of prompts' time and, backwards, of preemption.
#pragma once

#include <span>
#include <unordered_map>

#include "engine/schedule/scheduler.h"

namespace pincer {

// The levels of the priorities that wait: each priority, and one more for every aging_s since one
// of its requests was admitted, or since it has had any.
class Levels {
 public:
  Levels(const StepInput& input, const SchedulerLimits& limits, const ClientShares& shares);
  int operator()(int priority) const { return levels_.at(priority); }

 private:
  std::unordered_map<int, int> levels_;
};

// What a client has in the plan that is being made.
class Standing {
 public:
  Standing(std::span<const SequenceState> active, const ClientShares& shares);
  double counter(ClientId client) const;  // served so far, with what was planned since
  int places(ClientId client) const;
  void add_place(ClientId client, int by) { places_[client] += by; }
  void charge(ClientId client, double tokens) { planned_[client] += tokens; }

  // Level, least served client, arrival. The levels come beside the states, for those that wait.
  bool before(const SequenceState& a, int level_a, const SequenceState& b, int level_b) const;

 private:
  const ClientShares& shares_;
  std::unordered_map<ClientId, int> places_;
  std::unordered_map<ClientId, double> planned_;
};

// The order of preemption: the lowest level, and of these the latest.
inline bool preempted_before(const SequenceState& a, const SequenceState& b) {
  return a.level != b.level ? a.level < b.level : a.arrival > b.arrival;
}

// Whether one that waits may take the place of one that runs: it has a higher priority than that
// one's level; or its client has far fewer places, and it has waited a while.
bool may_replace(const SequenceState& waiting, const SequenceState& active,
                 const Standing& standing, double now_s, const SchedulerLimits& limits);

}  // namespace pincer
