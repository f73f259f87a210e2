#include "pincer/engine/tiers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "engine/limits/memory_room.h"

namespace pincer {
namespace {

double total_bytes(const ReadTrace& trace) {
  return std::accumulate(trace.part_bytes.begin(), trace.part_bytes.end(), 0.0);
}

// Rounding of the shares, relative to the capacity.
constexpr double kSlack = 1 + 1e-9;

}  // namespace

ReadTrace decode_trace(int layers, std::int64_t layer_bytes, std::int64_t head_bytes) {
  ReadTrace trace;
  trace.part_bytes.assign(static_cast<std::size_t>(layers), layer_bytes);
  trace.part_bytes.push_back(head_bytes);
  trace.reads.resize(trace.part_bytes.size());
  std::iota(trace.reads.begin(), trace.reads.end(), 0);
  return trace;
}

Result<TierResult> simulate(const std::vector<MemoryTier>& tiers, const ReadTrace& trace,
                            const TierPlacement& placement) {
  assert(placement.share.size() == trace.part_bytes.size());
  TierResult result;
  result.tier_bytes.resize(tiers.size());
  for (std::size_t part = 0; part < trace.part_bytes.size(); ++part) {
    for (std::size_t t = 0; t < tiers.size(); ++t) {
      result.tier_bytes[t] +=
          placement.share[part][t] * static_cast<double>(trace.part_bytes[part]);
    }
  }
  for (std::size_t t = 0; t < tiers.size(); ++t) {
    if (result.tier_bytes[t] <= static_cast<double>(tiers[t].capacity) * kSlack) continue;
    return Error{ErrorCode::no_space,
                 fmt::format("{} puts {} on tier {}, which holds {}", placement.name,
                             human_bytes(static_cast<std::int64_t>(result.tier_bytes[t])),
                             tiers[t].name, human_bytes(tiers[t].capacity))};
  }
  for (const int read : trace.reads) {
    const auto part = static_cast<std::size_t>(read);
    double longest = 0;
    for (std::size_t t = 0; t < tiers.size(); ++t) {
      const double bytes = placement.share[part][t] * static_cast<double>(trace.part_bytes[part]);
      longest = std::max(longest, bytes / tiers[t].bytes_per_s);
    }
    result.seconds += longest;
  }
  return result;
}

TierPlacement all_on(const ReadTrace& trace, std::size_t tiers, std::size_t tier) {
  std::vector<double> share(tiers);
  share[tier] = 1;
  return {fmt::format("all on tier {}", tier), {trace.part_bytes.size(), share}};
}

TierPlacement first_near(const ReadTrace& trace, int parts) {
  TierPlacement placement{fmt::format("{} layers near", parts), {}};
  const auto count = static_cast<int>(trace.part_bytes.size());
  for (int part = 0; part < count; ++part) {
    const bool near_one = part < parts || part == count - 1;
    placement.share.push_back({near_one ? 1.0 : 0.0, near_one ? 0.0 : 1.0});
  }
  return placement;
}

// Where a tier is full, what it cannot take goes to the others, again by bandwidth.
TierPlacement interleaved(const std::vector<MemoryTier>& tiers, const ReadTrace& trace) {
  const double total = total_bytes(trace);
  std::vector<double> share(tiers.size());
  std::vector<bool> full(tiers.size());
  double left = 1;
  for (std::size_t round = 0; round < tiers.size() && left > 0; ++round) {
    double bandwidth = 0;
    for (std::size_t t = 0; t < tiers.size(); ++t) bandwidth += full[t] ? 0 : tiers[t].bytes_per_s;
    const double spread = left;
    for (std::size_t t = 0; t < tiers.size(); ++t) {
      if (full[t]) continue;
      const double room = static_cast<double>(tiers[t].capacity) / total - share[t];
      const double wanted = spread * tiers[t].bytes_per_s / bandwidth;
      full[t] = wanted >= room;
      share[t] += std::min(wanted, room);
      left -= std::min(wanted, room);
    }
    if (left < 1e-12) break;
  }
  // What fits nowhere stays with the last tier, and simulate() says so.
  share.back() += std::max(left, 0.0);
  return {"interleaved by bandwidth", {trace.part_bytes.size(), share}};
}

int layers_that_fit(const std::vector<MemoryTier>& tiers, const ReadTrace& trace) {
  std::int64_t room = tiers.front().capacity - trace.part_bytes.back();
  int layers = 0;
  for (std::size_t part = 0; part + 1 < trace.part_bytes.size(); ++part) {
    room -= trace.part_bytes[part];
    if (room < 0) break;
    ++layers;
  }
  return layers;
}

}  // namespace pincer
