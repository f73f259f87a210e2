#include "server/upstream/api_secret.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace pincer {
namespace {

Error wrong(const UpstreamConfig& config, ErrorCode code, const std::string& what) {
  return {code, fmt::format("upstream '{}': {}", config.name, what)};
}

}  // namespace

Result<std::string> read_api_secret(const UpstreamConfig& config) {
  std::string key;
  std::string source;
  if (!config.api_key_env.empty()) {
    const char* value = std::getenv(config.api_key_env.c_str());
    if (value == nullptr || *value == '\0') {
      return wrong(
          config, ErrorCode::invalid_argument,
          fmt::format("the variable {} is not set, which should hold its key", config.api_key_env));
    }
    key = value;
    source = config.api_key_env;
  } else if (!config.api_key_file.empty()) {
    std::ifstream file(config.api_key_file);
    if (!std::getline(file, key))
      return wrong(config, ErrorCode::io,
                   fmt::format("cannot read its key from {}", config.api_key_file));
    source = config.api_key_file;
  }
  while (!key.empty() && (key.back() == '\r' || key.back() == ' ')) key.pop_back();
  const bool fits = std::ranges::all_of(key, [](char c) { return c > ' ' && c < 0x7f; });
  if (!fits) {
    return wrong(config, ErrorCode::invalid_argument,
                 fmt::format("the key in {} has characters that no key has", source));
  }
  return key;
}

}  // namespace pincer
