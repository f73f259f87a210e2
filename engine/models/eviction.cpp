#include "engine/models/eviction.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

namespace pincer {

void DecayedUse::used(const std::string& model, double now) {
  const double before = use(model, now);
  counts_[model] = {before + 1, now};
}

double DecayedUse::use(const std::string& model, double now) const {
  const auto found = counts_.find(model);
  if (found == counts_.end()) return 0;
  return found->second.uses * std::exp2((found->second.at - now) / half_life_);
}

double DecayedUse::value(const std::string& model, std::int64_t bytes, double now) const {
  return use(model, now) * reload_seconds(bytes) / static_cast<double>(bytes);
}

double reload_seconds(std::int64_t bytes) { return 0.05 + static_cast<double>(bytes) / 2e9; }

std::vector<std::size_t> choose_victims(std::span<const Resident> residents, std::int64_t bytes,
                                        const EvictionPolicy& policy, double now) {
  std::vector<std::size_t> order(residents.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto rank = [&](std::size_t i) {
    const Resident& r = residents[i];
    return std::tuple(r.in_use, policy.value(r.name, r.bytes, now));
  };
  std::ranges::sort(order, {}, rank);
  std::vector<std::size_t> victims;
  std::int64_t freed = 0;
  for (const std::size_t i : order) {
    if (freed >= bytes) break;
    victims.push_back(i);
    freed += residents[i].bytes;
  }
  if (freed < bytes) return {};
  // A small cold model, and then a large one that would have done alone: the small one stays. The
  // most valuable are looked at first.
  for (auto v = victims.end(); v != victims.begin();) {
    --v;
    if (freed - residents[*v].bytes < bytes) continue;
    freed -= residents[*v].bytes;
    v = victims.erase(v);
  }
  return victims;
}

}  // namespace pincer
