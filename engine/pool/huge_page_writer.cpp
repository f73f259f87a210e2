#include "engine/pool/huge_page_writer.h"

#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <utility>

namespace pincer {

int write_all(int fd, const void* data, std::size_t bytes, std::int64_t offset) {
  const auto* p = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t n = ::pwrite(fd, p, bytes, offset);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return n < 0 ? errno : EIO;
    p += n;
    bytes -= static_cast<std::size_t>(n);
    offset += n;
  }
  return 0;
}

int HugePageWriter::write(const void* data, std::size_t bytes, std::int64_t offset) {
  const std::int64_t gap = offset - written_ - static_cast<std::int64_t>(filled_);
  assert(gap >= 0);
  if (const int code = add(nullptr, static_cast<std::size_t>(gap))) return code;
  return add(static_cast<const std::uint8_t*>(data), bytes);
}

int HugePageWriter::finish() {
  const int code = write_all(fd_, buffer_.data(), filled_, written_);
  written_ += static_cast<std::int64_t>(std::exchange(filled_, 0));
  return code;
}

int HugePageWriter::add(const std::uint8_t* data, std::size_t bytes) {
  while (bytes > 0) {
    const std::size_t count = std::min(bytes, kPiece - filled_);
    std::uint8_t* to = buffer_.data() + filled_;
    if (data == nullptr) {
      std::memset(to, 0, count);
    } else {
      std::memcpy(to, data, count);
      data += count;
    }
    filled_ += count;
    bytes -= count;
    if (filled_ < kPiece) continue;
    if (const int code = finish()) return code;
  }
  return 0;
}

}  // namespace pincer
