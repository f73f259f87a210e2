// Where Pincer keeps its files: PINCER_HOME, else ~/.cache/pincer.
#pragma once

#include <filesystem>

#include "pincer/engine/result.h"

namespace pincer {

// Errors: neither PINCER_HOME nor HOME is set.
Result<std::filesystem::path> pincer_home();

inline std::filesystem::path models_dir(const std::filesystem::path& home) {
  return home / "models";
}
inline std::filesystem::path pool_dir(const std::filesystem::path& home) { return home / "pool"; }

// Creates the folder and its parents. Errors name it and PINCER_HOME.
Result<void> make_folder(const std::filesystem::path& dir);

}  // namespace pincer
