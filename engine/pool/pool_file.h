// The format of a pool file: a header page, the directory, the weights. Little endian; written and
// read by this program only, so fields are plain structs; kPoolVersion grows with any change, of
// the format or of what packing computes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <string_view>
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

// Bytes of a file that are not part of the pool.
struct FilePiece {
  std::int64_t offset = 0;
  std::span<const std::byte> bytes;
};

// An open file that a pool is written to, and the words of errors.
struct PoolTarget {
  int fd = -1;
  std::filesystem::path file;
  std::string_view what;       // "the packed weights"
  std::string_view elsewhere;  // what else to do than to free space
  SourceKey key{};
  std::int64_t offset = 0;        // where the pool begins, a multiple of kPoolAlign
  std::vector<FilePiece> before;  // pieces of the file before that, in order
};

// What packing has changed: sums over all weights of a matrix.
struct PackingError {
  double squares = 0;  // of the differences
  double weights = 0;  // of the weights
};

// Packs everything, header last. With `errors`, each spec's is put there, which costs some time.
// Errors: no_space, io.
class Arena;
Result<void> write_pool(const PoolTarget& target, std::span<const WeightSpec> specs, Arena& arena,
                        const std::function<void(std::int64_t, std::int64_t)>& progress,
                        std::vector<PackingError>* errors = nullptr);

// Checks a mapped file against what is expected; an empty string when sound, else what is wrong.
std::string check_pool(std::span<const std::uint8_t> file, const SourceKey& key,
                       std::span<const WeightSpec> specs, Arena& arena);

}  // namespace pincer
