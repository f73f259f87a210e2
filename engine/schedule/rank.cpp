#include "engine/schedule/rank.h"

#include <algorithm>

namespace pincer {

Levels::Levels(const StepInput& input, const SchedulerLimits& limits, const ClientShares& shares) {
  std::unordered_map<int, double> oldest;
  for (const SequenceState& s : input.waiting) {
    const auto [entry, added] = oldest.try_emplace(s.priority, s.waiting_since_s);
    if (!added) entry->second = std::min(entry->second, s.waiting_since_s);
  }
  for (const auto& [priority, since] : oldest) {
    const double waited = input.now_s - std::max(since, shares.last_admission_s(priority));
    const double steps = limits.aging_s > 0 ? std::clamp(waited / limits.aging_s, 0.0, 1e6) : 0;
    levels_[priority] = priority + static_cast<int>(steps);
  }
}

Standing::Standing(std::span<const SequenceState> active, const ClientShares& shares)
    : shares_(shares) {
  for (const SequenceState& s : active) ++places_[s.client];
}

double Standing::counter(ClientId client) const {
  const auto planned = planned_.find(client);
  return shares_.counter(client) + (planned == planned_.end() ? 0 : planned->second);
}

int Standing::places(ClientId client) const {
  const auto found = places_.find(client);
  return found == places_.end() ? 0 : found->second;
}

bool Standing::before(const SequenceState& a, int level_a, const SequenceState& b,
                      int level_b) const {
  if (level_a != level_b) return level_a > level_b;
  if (a.client != b.client) {
    const double counter_a = counter(a.client), counter_b = counter(b.client);
    if (counter_a != counter_b) return counter_a < counter_b;
  }
  return a.arrival < b.arrival;
}

bool may_replace(const SequenceState& waiting, const SequenceState& active,
                 const Standing& standing, double now_s, const SchedulerLimits& limits) {
  if (waiting.priority > active.level) return true;
  return waiting.priority == active.level &&
         now_s - waiting.waiting_since_s >= limits.fair_wait_s &&
         standing.places(active.client) >= standing.places(waiting.client) + 2 &&
         standing.counter(waiting.client) < standing.counter(active.client);
}

}  // namespace pincer
