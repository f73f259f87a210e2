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

Error write_error(const WeightPool::Place& place, int code, std::int64_t bytes) {
  const std::string path = (place.dir / place.file_name()).string();
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    return {ErrorCode::no_space,
            fmt::format("cannot write the packed weights {} ({} MB): {}; free some space or set "
                        "PINCER_HOME to a folder on another disk",
                        path, bytes / 1'000'000, std::strerror(code))};
  }
  return {ErrorCode::io,
          fmt::format("cannot write the packed weights {}: {}; set PINCER_HOME to a folder "
                      "that can be written",
                      path, std::strerror(code))};
}

}  // namespace

Result<void> write_pool(int fd, const WeightPool::Place& place, std::span<const WeightSpec> specs,
                        Arena& arena,
                        const std::function<void(std::int64_t, std::int64_t)>& progress) {
  std::vector<PoolEntry> entries = plan_pool(specs);
  const std::int64_t total = pool_file_bytes(entries);
  // Space is reserved first, so that a full disk is noticed before the work. File systems that
  // cannot reserve say so.
  if (const int code = ::posix_fallocate(fd, 0, total);
      code != 0 && code != EOPNOTSUPP && code != EINVAL) {
    return write_error(place, code, total);
  }
  HugePageWriter writer(fd);
  std::vector<std::uint8_t> buffer;
  for (std::size_t i = 0; i < specs.size(); ++i) {
    PoolEntry& e = entries[i];
    buffer.assign(e.bytes, 0);
    pack_weight(specs[i], arena, buffer.data());
    e.digest = digest64(buffer.data(), buffer.size());
    if (const int code =
            writer.write(buffer.data(), buffer.size(), static_cast<std::int64_t>(e.offset))) {
      return write_error(place, code, total);
    }
    if (progress) progress(static_cast<std::int64_t>(e.offset + e.bytes), total);
  }
  PoolHeader header{};
  std::memcpy(header.magic, kPoolMagic, sizeof kPoolMagic);
  header.version = kPoolVersion;
  header.entries = static_cast<std::uint32_t>(entries.size());
  header.file_bytes = static_cast<std::uint64_t>(total);
  header.key = place.key;
  header.directory_digest = digest64(entries.data(), entries.size() * sizeof(PoolEntry));
  header.header_digest = digest64(&header, offsetof(PoolHeader, header_digest));
  int code = writer.finish();
  if (code == 0)
    code = write_all(fd, entries.data(), entries.size() * sizeof(PoolEntry), kPoolAlign);
  if (code == 0) code = write_all(fd, &header, sizeof header, 0);
  if (code == 0 && ::ftruncate(fd, total) != 0)
    code = errno;  // the last page, where nothing was reserved
  if (code == 0 && ::fsync(fd) != 0) code = errno;
  if (code != 0) return write_error(place, code, total);
  return {};
}

}  // namespace pincer
