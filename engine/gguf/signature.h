// The first bytes of a file: GGUF of a version that can be read, or what else the file seems to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/gguf/cursor.h"
#include "pincer/engine/result.h"

namespace pincer::gguf {

// Reads magic and version. The error for another kind of file names the kind.
Result<std::uint32_t> read_signature(Cursor& in, std::span<const std::byte> file);

}  // namespace pincer::gguf
