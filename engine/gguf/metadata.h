// The key-value section of a GGUF file.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "engine/gguf/cursor.h"
#include "pincer/engine/gguf.h"
#include "pincer/engine/result.h"

namespace pincer::gguf {

using Metadata = std::map<std::string, Value, std::less<>>;

// Reads `count` pairs. Memory stays within a small multiple of the bytes read: counts are checked
// against what is left of the file before anything is allocated.
Result<Metadata> read_metadata(Cursor& in, std::uint64_t count);

// general.alignment, 32 when absent: a power of two from 8 to 1 MiB.
Result<std::uint64_t> alignment(const Metadata& metadata);

// One file of a model in several parts cannot be read on its own.
Result<void> check_not_split(const Metadata& metadata);

}  // namespace pincer::gguf
