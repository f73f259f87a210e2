// The format of a pool file: a header page, the directory, the weights. Little endian; written and
// read by this program only, so fields are plain structs; kPoolVersion grows with any change, of
// the format or of what packing computes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pincer/engine/weight_pool.h"

namespace pincer {

inline constexpr std::uint32_t kPoolVersion = 5;
inline constexpr char kPoolMagic[8] = {'P', 'I', 'N', 'C', 'E', 'R', 'W', 'P'};
inline constexpr std::int64_t kPoolAlign =
    4096;  // of the directory and of every weight: pages are not shared between weights

struct PoolHeader {
  char magic[8];
  std::uint32_t version;
  std::uint32_t entries;
  std::uint64_t file_bytes;
  SourceKey key;
  std::uint64_t directory_digest;
  std::uint64_t header_digest;  // of all bytes above
};
static_assert(sizeof(PoolHeader) == 56);

struct PoolEntry {
  char name[64];  // NUL-terminated
  WeightSpec::Kind kind;
  std::uint32_t n, k;
  std::uint32_t reserved;
  std::uint64_t offset, bytes;  // of a PackedHeader and its panels, or of floats
  std::uint64_t digest;
};
static_assert(sizeof(PoolEntry) == 104);

// Where every weight goes; digests still zero. The last entry's end, rounded up, is the file's
// size.
std::vector<PoolEntry> plan_pool(std::span<const WeightSpec> specs);
std::int64_t pool_file_bytes(const std::vector<PoolEntry>& entries);

std::uint64_t digest64(const void* data, std::size_t bytes);

// Packs everything into the open file `fd`, header last. Errors: no_space, io.
class Arena;
Result<void> write_pool(int fd, const WeightPool::Place& place, std::span<const WeightSpec> specs,
                        Arena& arena,
                        const std::function<void(std::int64_t, std::int64_t)>& progress);

// Checks a mapped file against what is expected; an empty string when sound, else what is wrong.
std::string check_pool(std::span<const std::uint8_t> file, const WeightPool::Place& place,
                       std::span<const WeightSpec> specs, Arena& arena);

}  // namespace pincer
