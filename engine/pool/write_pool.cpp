#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/pool/huge_page_writer.h"
#include "engine/pool/pack_weight.h"
#include "engine/pool/pool_file.h"

namespace pincer {
namespace {

Error write_error(const PoolTarget& target, int code, std::int64_t bytes) {
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    return {ErrorCode::no_space,
            fmt::format("cannot write {} {} ({} MB): {}; free some space or {}", target.what,
                        target.file.string(), bytes / 1'000'000, std::strerror(code),
                        target.elsewhere)};
  }
  return {ErrorCode::io, fmt::format("cannot write {} {}: {}; {}", target.what,
                                     target.file.string(), std::strerror(code), target.elsewhere)};
}

}  // namespace

Result<void> write_pool(const PoolTarget& target, std::span<const WeightSpec> specs, Arena& arena,
                        const std::function<void(std::int64_t, std::int64_t)>& progress,
                        std::vector<PackingError>* errors) {
  std::vector<PoolEntry> entries = plan_pool(specs);
  const std::int64_t total = pool_file_bytes(entries), end = target.offset + total;
  // Space is reserved first, so that a full disk is noticed before the work. File systems that
  // cannot reserve say so.
  if (const int code = ::posix_fallocate(target.fd, 0, end);
      code != 0 && code != EOPNOTSUPP && code != EINVAL) {
    return write_error(target, code, end);
  }
  HugePageWriter writer(target.fd);
  for (const FilePiece& piece : target.before) {
    if (const int code = writer.write(piece.bytes.data(), piece.bytes.size(), piece.offset)) {
      return write_error(target, code, end);
    }
  }
  std::vector<std::uint8_t> buffer;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    PoolEntry& e = entries[i];
    buffer.assign(e.bytes, 0);
    pack_weight(specs[i], arena, buffer.data(), errors ? &errors->emplace_back() : nullptr);
    e.digest = digest64(buffer.data(), buffer.size());
    if (const int code = writer.write(buffer.data(), buffer.size(),
                                      target.offset + static_cast<std::int64_t>(e.offset))) {
      return write_error(target, code, end);
    }
    if (progress) progress(static_cast<std::int64_t>(e.offset + e.bytes), total);
  }
  PoolHeader header{};
  std::memcpy(header.magic, kPoolMagic, sizeof kPoolMagic);
  header.version = kPoolVersion;
  header.entries = static_cast<std::uint32_t>(entries.size());
  header.file_bytes = static_cast<std::uint64_t>(total);
  header.key = target.key;
  header.directory_digest = digest64(entries.data(), entries.size() * sizeof(PoolEntry));
  header.header_digest = digest64(&header, offsetof(PoolHeader, header_digest));
  int code = writer.finish();
  if (code == 0) {
    code = write_all(target.fd, entries.data(), entries.size() * sizeof(PoolEntry),
                     target.offset + kPoolAlign);
  }
  if (code == 0) code = write_all(target.fd, &header, sizeof header, target.offset);
  if (code == 0 && ::ftruncate(target.fd, end) != 0)
    code = errno;  // the last page, where nothing was reserved
  if (code == 0 && ::fsync(target.fd) != 0) code = errno;
  if (code != 0) return write_error(target, code, end);
  return {};
}

}  // namespace pincer
