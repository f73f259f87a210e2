// Which tensor types exist and which of them can be read.
#pragma once

#include <cstdint>

#include "pincer/engine/gguf.h"
#include "pincer/engine/result.h"

namespace pincer::gguf {

// The type with this number in a file; the error says what can be read instead.
Result<TensorType> readable_type(std::uint32_t id);

}  // namespace pincer::gguf
