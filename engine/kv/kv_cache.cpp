#include "engine/kv/kv_cache.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstring>
#include <functional>
#include <limits>
#include <numeric>

#include "pincer/kernels/attention_s8.h"

namespace pincer {
namespace {

std::int64_t head_bytes(const Model& model) {
  const int head_dim = model.config.head_dim;
  if (model.kv_format() == KvFormat::s8) return kernels::kv_block_bytes(head_dim);
  return 2 * kernels::kKvBlockTokens * head_dim * static_cast<std::int64_t>(sizeof(float));
}

}  // namespace

std::int64_t KvCache::block_bytes(const Model& model) {
  return head_bytes(model) * model.config.kv_heads * model.config.layers;
}

int KvCache::blocks_for(int tokens) {
  return (tokens + kernels::kKvBlockTokens - 1) / kernels::kKvBlockTokens;
}

Result<KvCache> KvCache::create(const Model& model, std::int64_t bytes) {
  KvCache cache;
  cache.head_bytes_ = head_bytes(model);
  cache.kv_heads_ = model.config.kv_heads;
  const std::int64_t blocks = std::clamp<std::int64_t>(
      bytes / block_bytes(model), 1, std::numeric_limits<int>::max() / kernels::kKvBlockTokens);
  cache.total_ = static_cast<int>(blocks);
  cache.mapped_bytes_ = blocks * block_bytes(model);
  void* base = ::mmap(nullptr, static_cast<std::size_t>(cache.mapped_bytes_),
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return Error{ErrorCode::no_space,
                 fmt::format("cannot reserve {} MB for the KV cache: {}; choose a smaller context",
                             cache.mapped_bytes_ / 1'000'000, std::strerror(errno))};
  }
  cache.base_ = static_cast<std::uint8_t*>(base);
  cache.free_.resize(static_cast<std::size_t>(cache.total_));
  std::iota(cache.free_.begin(), cache.free_.end(), 0);  // ascending: a heap
  return cache;
}

KvCache::KvCache(KvCache&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      head_bytes_(other.head_bytes_),
      kv_heads_(other.kv_heads_),
      total_(other.total_),
      free_(std::move(other.free_)) {}

KvCache::~KvCache() {
  if (base_ != nullptr) ::munmap(base_, static_cast<std::size_t>(mapped_bytes_));
}

int KvCache::take() {
  assert(!free_.empty());
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  const int block = free_.back();
  free_.pop_back();
  return block;
}

void KvCache::give_back(int block) {
  free_.push_back(block);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
}

}  // namespace pincer
