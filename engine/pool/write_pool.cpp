// Packing: rows of the source to panels, to the file.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/parallel/arena.h"
#include "engine/pool/huge_page_writer.h"
#include "engine/pool/pool_file.h"
#include "pincer/kernels/pack.h"

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

// All rows of a weight whose rows are mixed, [n][k].
std::vector<float> mixed_rows(const WeightSpec& spec, Arena& arena) {
  std::vector<float> rows(static_cast<std::size_t>(spec.n * spec.k));
  arena.split(spec.n, 16, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t r = begin; r < end; ++r) spec.row(r, rows.data() + r * spec.k);
  });
  constexpr std::int64_t kColumns = 32;
  arena.split((spec.k + kColumns - 1) / kColumns, 1,
              [&](std::int64_t begin, std::int64_t end, int) {
                std::vector<float> slice(static_cast<std::size_t>(spec.n * kColumns));
                for (std::int64_t first = begin * kColumns;
                     first < std::min(end * kColumns, spec.k); first += kColumns) {
                  const std::int64_t count = std::min(kColumns, spec.k - first);
                  for (std::int64_t r = 0; r < spec.n; ++r) {
                    std::copy_n(rows.data() + r * spec.k + first, count, slice.data() + r * count);
                  }
                  spec.mix_rows(slice.data(), count);
                  for (std::int64_t r = 0; r < spec.n; ++r) {
                    std::copy_n(slice.data() + r * count, count, rows.data() + r * spec.k + first);
                  }
                }
              });
  return rows;
}

// Fills `out` (the weight's bytes in the file).
void pack_weight(const WeightSpec& spec, Arena& arena, std::vector<std::uint8_t>& out) {
  if (spec.kind == WeightSpec::Kind::floats) {
    std::vector<float> row(static_cast<std::size_t>(spec.k));
    for (std::int64_t r = 0; r < spec.n; ++r) {
      spec.row(r, row.data());
      std::memcpy(out.data() + r * spec.k * 4, row.data(), row.size() * sizeof(float));
    }
    return;
  }
  const kernels::PackedHeader header = kernels::make_packed_header(spec.layout, spec.n, spec.k);
  std::memcpy(out.data(), &header, sizeof header);
  const std::vector<float> mixed = spec.mix_rows ? mixed_rows(spec, arena) : std::vector<float>();
  const std::int64_t nr = spec.layout.nr;
  arena.split((spec.n + nr - 1) / nr, 4, [&](std::int64_t begin, std::int64_t end, int) {
    std::vector<float> read(static_cast<std::size_t>(nr * spec.k));
    for (std::int64_t p = begin; p < end; ++p) {
      const std::int64_t count = std::min(nr, spec.n - p * nr);
      const float* rows = read.data();
      if (spec.mix_rows) {
        rows = mixed.data() + p * nr * spec.k;
      } else {
        for (std::int64_t r = 0; r < count; ++r) spec.row(p * nr + r, read.data() + r * spec.k);
      }
      kernels::pack_panel(
          header, {rows, count, spec.k, spec.k},
          out.data() + sizeof header + static_cast<std::uint64_t>(p) * header.panel_bytes);
    }
  });
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
    pack_weight(specs[i], arena, buffer);
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
