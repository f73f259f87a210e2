// The tensor section of a GGUF file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/gguf/cursor.h"
#include "pincer/engine/gguf.h"
#include "pincer/engine/result.h"

namespace pincer::gguf {

// Reads `count` descriptions and finds their data, which begin at the next multiple of `alignment`
// after them. Names are unique, the data lie in `file` and do not overlap.
Result<std::vector<Tensor>> read_tensors(Cursor& in, std::uint64_t count, std::uint64_t alignment,
                                         std::span<const std::byte> file);

}  // namespace pincer::gguf
