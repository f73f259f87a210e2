#include "server/history/seal_keys.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>
#include <string_view>

#include "server/history/digest.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

SealKey::Id id_of(const SealKey::Bytes& bytes) {
  const Sha256 digest =
      sha256(std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  SealKey::Id id;
  std::copy_n(digest.begin(), id.size(), id.begin());
  return id;
}

std::optional<SealKey::Bytes> parse_key(std::string_view text) {
  SealKey::Bytes bytes{};
  if (text.size() != 2 * bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9', small = c >= 'a' && c <= 'f';
    if (!digit && !small && (c < 'A' || c > 'F')) return std::nullopt;
    const int value = digit ? c - '0' : c - (small ? 'a' : 'A') + 10;
    bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] << 4 | value);
  }
  return bytes;
}

void warn_if_others_can_read(const fs::path& file) {
  std::error_code error;
  const fs::perms others = fs::status(file, error).permissions() & fs::perms::others_read;
  if (!error && others != fs::perms::none) {
    spdlog::warn("everybody on this machine can read the keys in {}: chmod 600 {}", file.string(),
                 file.string());
  }
}

Error wrong_line(const fs::path& file, int line, std::string_view what) {
  return {ErrorCode::invalid_argument, fmt::format("{}:{}: {}", file.string(), line, what)};
}

}  // namespace

SealKey::SealKey(const Bytes& bytes) : bytes_(bytes), id_(id_of(bytes)) {}

SealKey::~SealKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

const SealKey* SealKeys::find(const SealKey::Id& id) const {
  const auto found = std::ranges::find(keys_, id, &SealKey::id);
  return found == keys_.end() ? nullptr : &*found;
}

Result<SealKeys> read_seal_keys(const fs::path& file) {
  std::ifstream in(file);
  if (!in) {
    return Error{ErrorCode::io, fmt::format("cannot read the keys in {}: {}", file.string(),
                                            std::strerror(errno))};
  }
  warn_if_others_can_read(file);
  std::vector<SealKey> keys;
  int number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == std::string::npos || line[begin] == '#') continue;
    const std::string_view text =
        std::string_view(line).substr(begin, line.find_last_not_of(" \t\r") - begin + 1);
    const auto bytes = parse_key(text);
    OPENSSL_cleanse(line.data(), line.size());
    if (!bytes)
      return wrong_line(file, number, "a key has 64 hexadecimal digits: `openssl rand -hex 32`");
    SealKey key(*bytes);
    if (std::ranges::find(keys, key.id(), &SealKey::id) != keys.end())
      return wrong_line(file, number, "the same key is there twice");
    keys.push_back(key);
  }
  if (keys.empty()) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} holds no key: `openssl rand -hex 32 > {}` makes one",
                             file.string(), file.string())};
  }
  return SealKeys(std::move(keys));
}

}  // namespace pincer
