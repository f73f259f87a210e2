// The identity of a source file, cheap enough for every start.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "engine/pool/file_descriptor.h"
#include "engine/pool/pool_file.h"

namespace pincer {
namespace {

// The head holds the metadata's start; the samples are spread over the data. An edit that keeps
// size, time stamp and all samples goes unnoticed: the time stamp is what tells.
constexpr std::int64_t kHeadBytes = 1 << 18;
constexpr std::int64_t kSampleBytes = 4096;
constexpr std::int64_t kSamples = 64;

SourceKey key_of(const XXH3_state_t& state) {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state));
  SourceKey key;
  std::memcpy(key.data(), canonical.digest, key.size());
  return key;
}

}  // namespace

Result<SourceKey> source_key(const gguf::File& file, std::span<const WeightSpec> specs) {
  const FileDescriptor fd(::open(file.path().c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!fd || ::fstat(fd.get(), &info) != 0) {
    return Error{ErrorCode::io,
                 fmt::format("cannot read {}: {}", file.path().string(), std::strerror(errno))};
  }
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const std::int64_t facts[] = {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec,
                                kPoolVersion};
  XXH3_128bits_update(&state, facts, sizeof facts);
  for (const WeightSpec& spec : specs)
    XXH3_128bits_update(&state, &spec.layout, sizeof spec.layout);
  std::vector<char> buffer(kHeadBytes);
  const auto add = [&](std::int64_t offset, std::int64_t bytes) {
    const ssize_t n = ::pread(fd.get(), buffer.data(), static_cast<std::size_t>(bytes), offset);
    if (n > 0) XXH3_128bits_update(&state, buffer.data(), static_cast<std::size_t>(n));
    return n >= 0;
  };
  bool readable = add(0, kHeadBytes);
  for (std::int64_t i = 1; i <= kSamples; ++i) {
    readable =
        readable &&
        add(std::max<std::int64_t>(0, info.st_size / kSamples * i - kSampleBytes), kSampleBytes);
  }
  if (!readable)
    return Error{ErrorCode::io,
                 fmt::format("cannot read {}: {}", file.path().string(), std::strerror(errno))};
  return key_of(state);
}

SourceKey layout_key(std::span<const WeightSpec> specs) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  const auto add = [&](const auto& value) { XXH3_128bits_update(&state, &value, sizeof value); };
  add(kPoolVersion);
  for (const WeightSpec& spec : specs) {
    XXH3_128bits_update(&state, spec.name.c_str(), spec.name.size() + 1);
    add(spec.kind);
    add(spec.n);
    add(spec.k);
    add(spec.layout);
  }
  return key_of(state);
}

}  // namespace pincer
