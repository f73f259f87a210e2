#include "engine/kv/kv_cache.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <limits>

#include "pincer/kernels/attention.h"

namespace pincer {
namespace {

std::int64_t half_floats(const ModelConfig& c) {
  return static_cast<std::int64_t>(kernels::kKvBlockTokens) * c.head_dim;
}

}  // namespace

std::int64_t KvCache::block_bytes(const ModelConfig& c) {
  return 2 * half_floats(c) * c.kv_heads * c.layers * static_cast<std::int64_t>(sizeof(float));
}

int KvCache::blocks_for(int tokens) {
  return (tokens + kernels::kKvBlockTokens - 1) / kernels::kKvBlockTokens;
}

Result<KvCache> KvCache::create(const ModelConfig& config, std::int64_t bytes) {
  KvCache cache;
  cache.half_floats_ = half_floats(config);
  cache.kv_heads_ = config.kv_heads;
  cache.block_floats_ = block_bytes(config) / static_cast<std::int64_t>(sizeof(float));
  const std::int64_t blocks = std::clamp<std::int64_t>(
      bytes / block_bytes(config), 1, std::numeric_limits<int>::max() / kernels::kKvBlockTokens);
  cache.total_ = static_cast<int>(blocks);
  cache.mapped_bytes_ = blocks * block_bytes(config);
  void* base = ::mmap(nullptr, static_cast<std::size_t>(cache.mapped_bytes_),
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return Error{ErrorCode::no_space,
                 fmt::format("cannot reserve {} MB for the KV cache: {}; choose a smaller context",
                             cache.mapped_bytes_ / 1'000'000, std::strerror(errno))};
  }
  cache.base_ = static_cast<float*>(base);
  for (int b = cache.total_; b-- > 0;) cache.free_.push_back(b);
  return cache;
}

KvCache::KvCache(KvCache&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      block_floats_(other.block_floats_),
      half_floats_(other.half_floats_),
      kv_heads_(other.kv_heads_),
      total_(other.total_),
      free_(std::move(other.free_)) {}

KvCache::~KvCache() {
  if (base_ != nullptr) ::munmap(base_, static_cast<std::size_t>(mapped_bytes_));
}

int KvCache::take() {
  assert(!free_.empty());
  const int block = free_.back();
  free_.pop_back();
  return block;
}

void KvCache::give_back(int block) { free_.push_back(block); }

}  // namespace pincer
