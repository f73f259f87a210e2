#pragma once

#include <filesystem>
#include <string>

#include "pincer/engine/result.h"

namespace pincer {

// Lower-case hexadecimal. Errors: io.
Result<std::string> sha256_file(const std::filesystem::path& path);

}  // namespace pincer
