#include "server/cli/api_key_file.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace pincer {
namespace {

namespace fs = std::filesystem;

constexpr std::pair<std::string_view, Scope> kScopes[] = {{"inference", Scope::inference},
                                                          {"embeddings", Scope::embeddings},
                                                          {"metrics", Scope::metrics},
                                                          {"admin", Scope::admin}};
constexpr std::pair<std::string_view, int> kPriorities[] = {
    {"flex", -1}, {"default", 0}, {"priority", 1}};

[[noreturn]] void refuse_keys(const YAML::Node& where, const std::string& message) {
  throw YAML::Exception(where.Mark(), message);
}

// The value that `name` stands for in a table of pairs.
template <typename Table>
auto named(const Table& table, const YAML::Node& node) {
  const auto name = node.as<std::string>();
  for (const auto& [known, value] : table) {
    if (known == name) return value;
  }
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.first);
  refuse_keys(node, fmt::format("'{}' is not one of {}", name, fmt::join(names, ", ")));
}

ApiKey::Digest parse_digest(const YAML::Node& node) {
  const auto text = node.as<std::string>();
  ApiKey::Digest digest;
  const bool hex = text.size() == 2 * digest.size() &&
                   text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!hex) refuse_keys(node, "a sha256 has 64 hexadecimal digits: `printf %s KEY | sha256sum`");
  for (std::size_t i = 0; i < digest.size(); ++i)
    digest[i] = static_cast<std::uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
  return digest;
}

template <typename Number>
Number positive(const YAML::Node& node) {
  const auto value = node.as<Number>();
  if (value < 1)
    refuse_keys(node, fmt::format("{} is not at least 1; leave it out for no limit", value));
  return value;
}

void parse_limits(const YAML::Node& limits, ApiKey& key) {
  if (!limits.IsMap()) refuse_keys(limits, "limits is a map, such as {requests_per_minute: 60}");
  for (const auto& entry : limits) {
    const auto field = entry.first.as<std::string>();
    if (field == "requests_per_minute") {
      key.requests_per_minute = positive<int>(entry.second);
    } else if (field == "tokens_per_minute") {
      key.tokens_per_minute = positive<std::int64_t>(entry.second);
    } else if (field == "concurrent") {
      key.concurrent = positive<int>(entry.second);
    } else if (field == "max_priority") {
      key.max_priority = named(kPriorities, entry.second);
    } else {
      refuse_keys(
          entry.first,
          fmt::format("'{}' is not one of requests_per_minute, tokens_per_minute, concurrent, "
                      "max_priority",
                      field));
    }
  }
}

ApiKey parse_key(const YAML::Node& node) {
  if (!node.IsMap()) refuse_keys(node, "a key is a map with `name` and `key` or `sha256`");
  ApiKey key;
  int secrets = 0;
  for (const auto& entry : node) {
    const auto field = entry.first.as<std::string>();
    const YAML::Node& value = entry.second;
    if (field == "name") {
      key.name = value.as<std::string>();
    } else if (field == "key") {
      const auto secret = value.as<std::string>();
      if (secret.empty()) refuse_keys(value, "the key is empty");
      key.sha256 = key_digest(secret);
      ++secrets;
    } else if (field == "sha256") {
      key.sha256 = parse_digest(value);
      ++secrets;
    } else if (field == "scopes") {
      key.scopes = 0;
      for (const YAML::Node& scope : value)
        key.scopes |= static_cast<unsigned>(named(kScopes, scope));
    } else if (field == "models") {
      key.models = value.as<std::vector<std::string>>();
      if (key.models.empty())
        refuse_keys(value, "the list of models is empty; leave it out for all");
    } else if (field == "limits") {
      parse_limits(value, key);
    } else {
      refuse_keys(
          entry.first,
          fmt::format("'{}' is not one of name, key, sha256, scopes, models, limits", field));
    }
  }
  if (secrets != 1) refuse_keys(node, "a key has either `key` or `sha256`");
  if (key.name.empty())
    refuse_keys(node, "a key needs a `name`, for the log and for error messages");
  return key;
}

std::vector<ApiKey> parse_yaml(const std::string& text) {
  const YAML::Node root = YAML::Load(text);
  std::vector<ApiKey> keys;
  for (const auto& entry : root) {
    if (entry.first.as<std::string>() != "keys" || !entry.second.IsSequence())
      refuse_keys(entry.first, "the file holds a list named `keys` and nothing else");
    for (const YAML::Node& key : entry.second) {
      keys.push_back(parse_key(key));
      const auto same = std::ranges::find_if(keys.begin(), keys.end() - 1, [&](const ApiKey& k) {
        return k.name == keys.back().name || k.sha256 == keys.back().sha256;
      });
      if (same != keys.end() - 1)
        refuse_keys(key, fmt::format("the key '{}' is there twice", same->name));
    }
  }
  return keys;
}

std::vector<ApiKey> parse_lines(const std::string& text) {
  std::vector<ApiKey> keys;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    keys.push_back(plain_api_key(line.substr(begin, line.find_last_not_of(" \t\r") - begin + 1)));
  }
  return keys;
}

// Tells the two forms apart by the first line that says something.
bool is_yaml(const std::string& text) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    const std::string_view rest = std::string_view(line).substr(begin);
    return rest.starts_with("keys:") || rest.starts_with("{") || rest.starts_with("---");
  }
  return false;
}

void warn_if_others_can_read(const fs::path& file) {
  std::error_code error;
  const fs::perms others = fs::status(file, error).permissions() & fs::perms::others_read;
  if (!error && others != fs::perms::none) {
    spdlog::warn("everybody on this machine can read the API keys in {}: chmod 600 {}",
                 file.string(), file.string());
  }
}

}  // namespace

Result<std::vector<ApiKey>> read_api_keys(const fs::path& file) {
  std::ifstream in(file);
  std::string text(std::istreambuf_iterator<char>(in), {});
  if (!in.is_open()) {
    return Error{ErrorCode::io, fmt::format("cannot read the API keys in {}: {}", file.string(),
                                            std::strerror(errno))};
  }
  warn_if_others_can_read(file);
  std::vector<ApiKey> keys;
  try {
    keys = is_yaml(text) ? parse_yaml(text) : parse_lines(text);
  } catch (const YAML::Exception& e) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}:{}: {}", file.string(), e.mark.line + 1, e.msg)};
  }
  if (keys.empty()) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} holds no API key; write one a line, or leave --api-key-file out",
                             file.string())};
  }
  return keys;
}

}  // namespace pincer
