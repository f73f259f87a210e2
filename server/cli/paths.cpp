#include "server/cli/paths.h"

#include <fmt/format.h>

#include <cstdlib>

namespace pincer {
namespace fs = std::filesystem;

Result<fs::path> pincer_home() {
  if (const char* home = std::getenv("PINCER_HOME"); home != nullptr && *home != '\0') {
    std::error_code ec;
    const fs::path absolute = fs::absolute(home, ec);
    return ec ? fs::path(home) : absolute;
  }
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return fs::path(home) / ".cache" / "pincer";
  return Error{ErrorCode::invalid_argument,
               "neither PINCER_HOME nor HOME is set; set PINCER_HOME to the folder for models and "
               "packed weights"};
}

Result<void> make_folder(const fs::path& dir) {
  std::error_code ec;
  fs::create_directories(dir, ec);
  if (!ec) return {};
  return Error{
      ErrorCode::io,
      fmt::format(
          "cannot create the folder {}: {}; set PINCER_HOME to a folder that can be written",
          dir.string(), ec.message())};
}

}  // namespace pincer
