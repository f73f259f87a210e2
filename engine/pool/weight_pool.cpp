#include "pincer/engine/weight_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>

#include "engine/mapping/loss_guard.h"
#include "engine/parallel/arena.h"
#include "engine/pool/file_descriptor.h"
#include "engine/pool/pool_file.h"
#include "engine/pool/unfinished_file.h"
#include "pincer/engine/pool_usage.h"

namespace pincer {
namespace fs = std::filesystem;

std::string WeightPool::Place::file_name() const {
  std::string name = stem + '-';
  for (std::size_t i = 0; i < 6; ++i) name += fmt::format("{:02x}", key[i]);
  return name + ".pool";
}

WeightPool::~WeightPool() {
  guard_.reset();
  if (base_ != nullptr)
    ::munmap(const_cast<std::uint8_t*>(base_), static_cast<std::size_t>(bytes_));
}

bool WeightPool::lost() const { return guard_->lost(); }

kernels::PackedMatrix WeightPool::matrix(std::string_view name) const {
  const auto it = offsets_.find(name);
  assert(it != offsets_.end());
  return {reinterpret_cast<const kernels::PackedHeader*>(base_ + it->second)};
}

const float* WeightPool::floats(std::string_view name) const {
  const auto it = offsets_.find(name);
  assert(it != offsets_.end());
  return reinterpret_cast<const float*>(base_ + it->second);
}

// A sound pool, or not_found with an empty message (no file), or corrupt with the reason.
Result<std::shared_ptr<WeightPool>> map_pool(const PoolImage& image, const SourceKey& key,
                                             std::span<const WeightSpec> specs, Arena& arena) {
  std::shared_ptr<WeightPool> pool(new WeightPool);
  pool->path_ = image.file;
  const FileDescriptor fd(::open(pool->path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT) return Error{ErrorCode::not_found, ""};
    return Error{ErrorCode::io, std::strerror(errno)};
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0 || info.st_size <= image.offset)
    return Error{ErrorCode::corrupt, "it is empty"};
  pool->bytes_ = image.bytes > 0 ? std::min<std::int64_t>(image.bytes, info.st_size - image.offset)
                                 : info.st_size;
  const auto bytes = static_cast<std::size_t>(pool->bytes_);
  void* base = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd.get(), image.offset);
  if (base == MAP_FAILED) return Error{ErrorCode::io, std::strerror(errno)};
  pool->base_ = static_cast<const std::uint8_t*>(base);
  pool->guard_ = std::make_unique<LossGuard>(base, bytes);
  // What is read from the disk now comes in huge pages, too, where the file system can.
  ::madvise(base, bytes, MADV_HUGEPAGE);
#ifdef MADV_POPULATE_READ
  ::madvise(base, bytes, MADV_POPULATE_READ);  // a hint: one call instead of a fault a page
#endif
  std::string why = check_pool({pool->base_, bytes}, key, specs, arena);
  if (!why.empty()) return Error{ErrorCode::corrupt, why};
  const std::vector<PoolEntry> entries = plan_pool(specs);
  note_use(pool->path_);
  // Zeros for weights are harmless, zeros for sizes and strides are not.
  std::vector<std::span<const std::uint8_t>> headers;
  for (const PoolEntry& e : entries) {
    pool->offsets_[e.name] = static_cast<std::int64_t>(e.offset);
    if (e.kind == WeightSpec::Kind::packed)
      headers.emplace_back(pool->base_ + e.offset, sizeof(kernels::PackedHeader));
  }
  pool->guard_->keep(headers);
  return pool;
}

namespace {

Result<void> pack_to(const WeightPool::Place& place, std::span<const WeightSpec> specs,
                     Arena& arena,
                     const std::function<void(std::int64_t, std::int64_t)>& progress) {
  std::error_code ec;
  fs::create_directories(place.dir, ec);
  if (ec) {
    return Error{
        ErrorCode::io,
        fmt::format("cannot create the folder {}: {}; set PINCER_HOME to a folder that can be "
                    "written",
                    place.dir.string(), ec.message())};
  }
  const fs::path target = place.dir / place.file_name();
  constexpr std::string_view kElsewhere = "set PINCER_HOME to a folder that can be written";
  auto file = UnfinishedFile::beside(target, kElsewhere);
  if (!file) return file.error();
  const PoolTarget to{.fd = file->fd(),
                      .file = target,
                      .what = "the packed weights",
                      .elsewhere = "set PINCER_HOME to a folder on another disk",
                      .key = place.key,
                      .before = {}};
  if (auto written = write_pool(to, specs, arena, progress); !written) return written;
  return file->publish();
}

}  // namespace

Result<std::shared_ptr<const WeightPool>> WeightPool::open_or_pack(
    const Place& place, const gguf::File& source, std::span<const WeightSpec> specs, Arena& arena,
    const std::function<void(std::int64_t, std::int64_t)>& progress,
    const std::function<Result<void>()>& prepare) {
  const PoolImage image{place.dir / place.file_name()};
  auto pool = map_pool(image, place.key, specs, arena);
  if (pool) return std::shared_ptr<const WeightPool>(std::move(*pool));
  // One packs, the others wait: the lock is on the source file, so that no lock file is left
  // anywhere.
  const FileDescriptor lock(::open(source.path().c_str(), O_RDONLY | O_CLOEXEC));
  if (lock) ::flock(lock.get(), LOCK_EX);
  pool = map_pool(image, place.key, specs, arena);
  if (pool) return std::shared_ptr<const WeightPool>(std::move(*pool));
  const std::string why = pool.error().message;
  if (prepare) {
    if (auto prepared = prepare(); !prepared) return prepared.error();
  }
  if (auto packed = pack_to(place, specs, arena, progress); !packed) return packed.error();
  pool = map_pool(image, place.key, specs, arena);
  if (!pool) {
    return Error{ErrorCode::io,
                 fmt::format("cannot use {} right after packing it: {}; is the disk failing?",
                             (place.dir / place.file_name()).string(), pool.error().message)};
  }
  (*pool)->packed_now_ = true;
  (*pool)->repacked_because_ = why;
  return std::shared_ptr<const WeightPool>(std::move(*pool));
}

Result<std::shared_ptr<const WeightPool>> WeightPool::open_image(const PoolImage& image,
                                                                 std::span<const WeightSpec> specs,
                                                                 Arena& arena) {
  auto pool = map_pool(image, layout_key(specs), specs, arena);
  if (!pool) return pool.error();
  return std::shared_ptr<const WeightPool>(std::move(*pool));
}

}  // namespace pincer
