#include "pincer/engine/weight_pool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cassert>
#include <cerrno>
#include <cstring>

#include "engine/mapping/loss_guard.h"
#include "engine/parallel/arena.h"
#include "engine/pool/file_descriptor.h"
#include "engine/pool/pool_file.h"
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
Result<std::shared_ptr<WeightPool>> map_pool(const WeightPool::Place& place,
                                             std::span<const WeightSpec> specs, Arena& arena) {
  std::shared_ptr<WeightPool> pool(new WeightPool);
  pool->path_ = place.dir / place.file_name();
  const FileDescriptor fd(::open(pool->path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) {
    if (errno == ENOENT) return Error{ErrorCode::not_found, ""};
    return Error{ErrorCode::io, std::strerror(errno)};
  }
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0 || info.st_size <= 0)
    return Error{ErrorCode::corrupt, "it is empty"};
  void* base =
      ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_SHARED, fd.get(), 0);
  if (base == MAP_FAILED) return Error{ErrorCode::io, std::strerror(errno)};
  pool->base_ = static_cast<const std::uint8_t*>(base);
  pool->bytes_ = info.st_size;
  pool->guard_ = std::make_unique<LossGuard>(base, static_cast<std::size_t>(info.st_size));
  // What is read from the disk now comes in huge pages, too, where the file system can.
  ::madvise(base, static_cast<std::size_t>(info.st_size), MADV_HUGEPAGE);
#ifdef MADV_POPULATE_READ
  ::madvise(base, static_cast<std::size_t>(info.st_size),
            MADV_POPULATE_READ);  // a hint: one call instead of a fault a page
#endif
  std::string why =
      check_pool({pool->base_, static_cast<std::size_t>(pool->bytes_)}, place, specs, arena);
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

// The unfinished file: nameless where the file system can (O_TMPFILE), so that a crash leaves
// nothing; else a name of its own.
struct Unfinished {
  FileDescriptor fd;
  fs::path name;  // empty: nameless
  ~Unfinished() {
    if (!name.empty()) ::unlink(name.c_str());
  }
};

fs::path unique_name(const fs::path& target) {
  return fs::path(fmt::format("{}.{}.part", target.string(), ::getpid()));
}

Result<void> open_unfinished(const fs::path& target, Unfinished& file) {
  const fs::path dir = target.parent_path();
  file.fd = FileDescriptor(::open(dir.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0644));
  if (file.fd) return {};
  const fs::path name = unique_name(target);
  file.fd = FileDescriptor(::open(name.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0644));
  if (!file.fd) {
    return Error{
        ErrorCode::io,
        fmt::format("cannot create {}: {}; set PINCER_HOME to a folder that can be written",
                    target.string(), std::strerror(errno))};
  }
  file.name = name;
  return {};
}

// Gives the finished file its name, replacing what is there at once.
Result<void> publish(Unfinished& file, const fs::path& target) {
  if (file.name.empty()) {
    const fs::path name = unique_name(target);
    const std::string self = fmt::format("/proc/self/fd/{}", file.fd.get());
    ::unlink(name.c_str());
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) != 0) {
      return Error{ErrorCode::io,
                   fmt::format("cannot name {}: {}", name.string(), std::strerror(errno))};
    }
    file.name = name;
  }
  if (::rename(file.name.c_str(), target.c_str()) != 0) {
    return Error{ErrorCode::io, fmt::format("cannot rename {} to {}: {}", file.name.string(),
                                            target.string(), std::strerror(errno))};
  }
  file.name.clear();
  const FileDescriptor dir(
      ::open(target.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir) ::fsync(dir.get());
  return {};
}

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
  Unfinished file;
  if (auto opened = open_unfinished(target, file); !opened) return opened;
  if (auto written = write_pool(file.fd.get(), place, specs, arena, progress); !written)
    return written;
  return publish(file, target);
}

}  // namespace

Result<std::shared_ptr<const WeightPool>> WeightPool::open_or_pack(
    const Place& place, const gguf::File& source, std::span<const WeightSpec> specs, Arena& arena,
    const std::function<void(std::int64_t, std::int64_t)>& progress,
    const std::function<Result<void>()>& prepare) {
  auto pool = map_pool(place, specs, arena);
  if (pool) return std::shared_ptr<const WeightPool>(std::move(*pool));
  // One packs, the others wait: the lock is on the source file, so that no lock file is left
  // anywhere.
  const FileDescriptor lock(::open(source.path().c_str(), O_RDONLY | O_CLOEXEC));
  if (lock) ::flock(lock.get(), LOCK_EX);
  pool = map_pool(place, specs, arena);
  if (pool) return std::shared_ptr<const WeightPool>(std::move(*pool));
  const std::string why = pool.error().message;
  if (prepare) {
    if (auto prepared = prepare(); !prepared) return prepared.error();
  }
  if (auto packed = pack_to(place, specs, arena, progress); !packed) return packed.error();
  pool = map_pool(place, specs, arena);
  if (!pool) {
    return Error{ErrorCode::io,
                 fmt::format("cannot use {} right after packing it: {}; is the disk failing?",
                             (place.dir / place.file_name()).string(), pool.error().message)};
  }
  (*pool)->packed_now_ = true;
  (*pool)->repacked_because_ = why;
  return std::shared_ptr<const WeightPool>(std::move(*pool));
}

}  // namespace pincer
