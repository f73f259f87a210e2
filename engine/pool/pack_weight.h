// Packing one weight: rows of the source to panels.
#pragma once

#include <cstdint>

#include "engine/pool/pool_file.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

// What a weight takes: a PackedHeader and its panels, or floats.
std::int64_t packed_bytes(const WeightSpec& spec);

// Fills `out`, packed_bytes() of it. `error`, when given, gets what that changed.
void pack_weight(const WeightSpec& spec, Arena& arena, std::uint8_t* out,
                 PackingError* error = nullptr);

}  // namespace pincer
