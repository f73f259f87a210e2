// The file of API keys.
#pragma once

#include <filesystem>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/server/api_key.h"

namespace pincer {

// Either one key a line, blank lines and lines that begin with # left out, each of which may do
// everything; or YAML (JSON is YAML), a list under `keys` with name, key or sha256, scopes, models
// and limits (docs/serving.md). Errors: io, invalid_argument (with the line): none in it, an
// unknown field, a wrong value, the same key or name twice. No error shows a key.
Result<std::vector<ApiKey>> read_api_keys(const std::filesystem::path& file);

}  // namespace pincer
