// Reads little-endian numbers and strings from untrusted bytes. Nothing is read beyond the end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/gguf/messages.h"
#include "pincer/engine/result.h"

namespace pincer::gguf {

static_assert(std::endian::native == std::endian::little, "values are copied as the file has them");

class Cursor {
 public:
  explicit Cursor(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::uint64_t position() const { return position_; }
  std::uint64_t remaining() const { return bytes_.size() - position_; }

  template <class T>
  Result<T> read() {
    static_assert(std::is_arithmetic_v<T>);
    if (remaining() < sizeof(T)) return truncated(sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + position_, sizeof(T));
    position_ += sizeof(T);
    return value;
  }

  // A 64-bit length and that many bytes, which stay in the file: at most `max_bytes` of them.
  Result<std::string_view> read_string(std::uint64_t max_bytes) {
    const Result<std::uint64_t> length = read<std::uint64_t>();
    if (!length) return length.error();
    if (*length > remaining()) return truncated(*length);
    if (*length > max_bytes) {
      return corrupt("a string of " + std::to_string(*length) + " bytes where at most " +
                     std::to_string(max_bytes) + " are allowed");
    }
    const auto* text = reinterpret_cast<const char*>(bytes_.data() + position_);
    position_ += *length;
    return std::string_view(text, *length);
  }

  // The error for `wanted` bytes that are not there.
  Error truncated(std::uint64_t wanted) const {
    return corrupt("needs " + std::to_string(wanted) + " bytes at byte " +
                   std::to_string(position_) + " but only " + std::to_string(remaining()) +
                   " are left; the file is truncated or damaged, download it again");
  }

 private:
  std::span<const std::byte> bytes_;
  std::uint64_t position_ = 0;  // <= bytes_.size()
};

}  // namespace pincer::gguf
