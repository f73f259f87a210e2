// How much a request may ask for, whatever its dialect; larger ones are refused by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

namespace pincer {

inline constexpr int kMaxTopLogprobs = 20;       // as OpenAI has it, as the next one
inline constexpr std::size_t kMaxInputs = 2048;  // of embeddings
inline constexpr std::size_t kMaxTools = 128;
inline constexpr std::size_t kMaxToolBytes = 1 << 20;  // of their parameters together
inline constexpr std::size_t kMaxStops = 16;
inline constexpr std::size_t kMaxStopBytes = 1024;  // of each
inline constexpr std::int64_t kMaxInt = std::numeric_limits<int>::max();

}  // namespace pincer
