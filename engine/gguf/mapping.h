// A whole file mapped read-only.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

#include "pincer/engine/result.h"

namespace pincer::gguf {

struct Mapping {
  std::shared_ptr<const void> owner;  // unmaps when the last copy goes; null for an empty file
  std::span<const std::byte> bytes;
};

// Only regular files. Errors do not name the file: the caller does.
Result<Mapping> map_file(const std::filesystem::path& path);

}  // namespace pincer::gguf
