// The keys that conversations are encrypted with before they leave this machine.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

// 256 bits; wiped from memory when it is dropped.
class SealKey {
 public:
  using Bytes = std::array<std::uint8_t, 32>;
  static constexpr std::size_t kIdBytes = 8;
  using Id = std::array<std::uint8_t, kIdBytes>;  // the first bytes of the key's SHA-256

  explicit SealKey(const Bytes& bytes);
  SealKey(const SealKey&) = default;
  SealKey& operator=(const SealKey&) = default;
  ~SealKey();

  const Bytes& bytes() const { return bytes_; }
  const Id& id() const { return id_; }

 private:
  Bytes bytes_;
  Id id_;
};

// Immutable. All keys decrypt; the newest encrypts.
class SealKeys {
 public:
  // `oldest_first` holds one or more.
  explicit SealKeys(std::vector<SealKey> oldest_first) : keys_(std::move(oldest_first)) {}

  const SealKey& newest() const { return keys_.back(); }
  const SealKey* find(const SealKey::Id& id) const;  // null: it is not there

 private:
  std::vector<SealKey> keys_;
};

// One key of 64 hexadecimal digits a line, the newest last; blank lines and lines that begin with #
// are left out. Warns if everybody may read the file. Errors: io, invalid_argument (with the line):
// no key in it, a line that is none, the same twice. No error shows a key.
Result<SealKeys> read_seal_keys(const std::filesystem::path& file);

}  // namespace pincer
