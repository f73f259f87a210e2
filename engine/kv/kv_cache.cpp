#include "engine/kv/kv_cache.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>

#include "pincer/kernels/attention_s8.h"

namespace pincer {
namespace {

// Positions are ints.
constexpr std::int64_t kMostBlocks = std::numeric_limits<int>::max() / kernels::kKvBlockTokens;

std::int64_t bytes_of_head(const Model& model, KvFormat format) {
  const int head_dim = model.config.head_dim;
  if (format == KvFormat::s8) return kernels::kv_block_bytes(head_dim);
  const std::size_t element = format == KvFormat::f16 ? sizeof(kernels::Half) : sizeof(float);
  return 2 * kernels::kKvBlockTokens * head_dim * static_cast<std::int64_t>(element);
}

}  // namespace

std::int64_t KvCache::block_bytes(const Model& model, const KvChoice& kv) {
  const KvFormat format = kv.format.value_or(model.kv_format());
  return bytes_of_head(model, format) * model.config.kv_heads * model.config.layers;
}

KvCacheOptions KvCache::options_for(const Model& model, std::int64_t blocks, const KvChoice& kv) {
  return {.bytes = blocks * block_bytes(model, kv), .kv = kv};
}

int KvCache::blocks_for(int tokens) {
  return (tokens + kernels::kKvBlockTokens - 1) / kernels::kKvBlockTokens;
}

void KvCache::group_layers(const Model& model, const KvCacheOptions& options) {
  windows_ = {0};
  for (int l = 0; l < model.config.layers; ++l) {
    const int window = options.sequences == 0 ? 0 : model.config.window(l);
    auto place = std::find(windows_.begin(), windows_.end(), window);
    if (place == windows_.end()) place = windows_.insert(place, window);
    layers_.push_back({static_cast<int>(place - windows_.begin())});
  }
}

// Blocks of each group. A windowed group has no more than all sequences at once can need, one block
// each for the window's unaligned ends and for one that is being copied, and never more than group
// 0, since whoever holds one of its blocks holds the one of group 0 as well. What is left is for
// group 0.
std::vector<int> KvCache::divide(const KvCacheOptions& options) const {
  std::vector<std::int64_t> bytes(windows_.size(), 0), most(windows_.size(), kMostBlocks);
  for (const Layer& l : layers_)
    bytes[static_cast<std::size_t>(l.group)] += head_bytes_ * kv_heads_;
  if (options.sequences > 0)
    most[0] = options.sequences * static_cast<std::int64_t>(blocks_for(options.context));
  for (std::size_t g = 1; g < windows_.size(); ++g) {
    most[g] = options.sequences * static_cast<std::int64_t>(blocks_for(windows_[g]) + 3) +
              blocks_for(options.rows);
  }
  const auto cost = [&](std::int64_t blocks) {
    std::int64_t sum = 0;
    for (std::size_t g = 0; g < bytes.size(); ++g) sum += std::min(blocks, most[g]) * bytes[g];
    return sum;
  };
  std::int64_t low = 1, high = std::max<std::int64_t>(1, most[0]);
  while (low < high) {
    const std::int64_t middle = (low + high + 1) / 2;
    (cost(middle) <= options.bytes ? low : high) =
        cost(middle) <= options.bytes ? middle : middle - 1;
  }
  std::vector<int> blocks;
  for (const std::int64_t limit : most) blocks.push_back(static_cast<int>(std::min(low, limit)));
  return blocks;
}

Result<KvCache> KvCache::create(const Model& model, const KvCacheOptions& options) {
  KvCache cache;
  cache.format_ = options.kv.format.value_or(model.kv_format());
  if (cache.format_ == KvFormat::s8 && model.config.head_dim > kernels::kMaxHeadDim) {
    return Error{ErrorCode::unsupported,
                 fmt::format("an int8 KV cache takes heads of up to {} values, and this model has "
                             "{}; choose f16",
                             kernels::kMaxHeadDim, model.config.head_dim)};
  }
  cache.smooth_k_ = options.kv.smooth_k && cache.format_ == KvFormat::s8;
  cache.head_bytes_ = bytes_of_head(model, cache.format_);
  cache.kv_heads_ = model.config.kv_heads;
  cache.group_layers(model, options);
  const std::vector<int> blocks = cache.divide(options);
  for (const int count : blocks) cache.pools_.emplace_back(count);
  std::int64_t heads = 0;
  for (Layer& l : cache.layers_) {
    l.blocks = blocks[static_cast<std::size_t>(l.group)];
    heads += l.blocks * cache.kv_heads_;
  }
  cache.mapped_bytes_ = heads * cache.head_bytes_;
  void* base = ::mmap(nullptr, static_cast<std::size_t>(cache.mapped_bytes_),
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return Error{ErrorCode::no_space,
                 fmt::format("cannot reserve {} MB for the KV cache: {}; choose a smaller context",
                             cache.mapped_bytes_ / 1'000'000, std::strerror(errno))};
  }
  cache.base_ = static_cast<std::uint8_t*>(base);
  std::uint8_t* next = cache.base_;
  for (Layer& l : cache.layers_) {
    l.base = std::exchange(next, next + l.blocks * cache.kv_heads_ * cache.head_bytes_);
  }
  return cache;
}

KvCache::KvCache(KvCache&& other) noexcept
    : format_(other.format_),
      smooth_k_(other.smooth_k_),
      base_(std::exchange(other.base_, nullptr)),
      mapped_bytes_(other.mapped_bytes_),
      head_bytes_(other.head_bytes_),
      kv_heads_(other.kv_heads_),
      layers_(std::move(other.layers_)),
      windows_(std::move(other.windows_)),
      pools_(std::move(other.pools_)) {}

KvCache::~KvCache() {
  if (base_ != nullptr) ::munmap(base_, static_cast<std::size_t>(mapped_bytes_));
}

void KvCache::copy(int group, int from, int to) const {
  for (int l = 0; l < static_cast<int>(layers_.size()); ++l) {
    if (group_of(l) != group) continue;
    for (int h = 0; h < kv_heads_; ++h)
      std::memcpy(head(to, l, h), head(from, l, h), static_cast<std::size_t>(head_bytes_));
  }
}

}  // namespace pincer
