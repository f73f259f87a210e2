// A model of decoding from memory of several speeds: tokens per second for placements of the
// weights, where there is no such machine to measure on.
//
// Decoding a token reads every part of the model once, in order. A part that lies on one tier takes
// bytes / bandwidth; one whose pages are spread over tiers is read from all of them at once and
// takes as long as the slowest share. Arithmetic is hidden behind reading, as it is in decoding
// with INT8 weights; caches hold nothing from one token to the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

struct MemoryTier {
  std::string name;
  std::int64_t capacity = 0;  // bytes for weights
  double bytes_per_s = 0;     // streaming reads with all threads
};

// What a token reads: the layers, then the head. A trace names parts in the order of reading; a
// part may be named several times or never.
struct ReadTrace {
  std::vector<std::int64_t> part_bytes;
  std::vector<int> reads;  // indices into part_bytes
};
// Layers of `layer_bytes` each, then a head; each read once.
ReadTrace decode_trace(int layers, std::int64_t layer_bytes, std::int64_t head_bytes);

// share[part][tier]: how much of the part's bytes lie there; each part's shares add up to 1.
struct TierPlacement {
  std::string name;
  std::vector<std::vector<double>> share;
};

struct TierResult {
  double seconds = 0;              // for the trace once: one token
  std::vector<double> tier_bytes;  // held by each tier
  double tokens_per_s() const { return seconds > 0 ? 1 / seconds : 0; }
};

// Error no_space: a tier holds more than its capacity; names it and both numbers.
Result<TierResult> simulate(const std::vector<MemoryTier>& tiers, const ReadTrace& trace,
                            const TierPlacement& placement);

TierPlacement all_on(const ReadTrace& trace, std::size_t tiers, std::size_t tier);
// The first `parts` parts and the last one (the head) on tier 0, the rest on tier 1.
TierPlacement first_near(const ReadTrace& trace, int parts);
// Every part spread over the tiers in proportion to their bandwidth, but no tier beyond its
// capacity.
TierPlacement interleaved(const std::vector<MemoryTier>& tiers, const ReadTrace& trace);
// The most layers that first_near() can put on tier 0.
int layers_that_fit(const std::vector<MemoryTier>& tiers, const ReadTrace& trace);

}  // namespace pincer
