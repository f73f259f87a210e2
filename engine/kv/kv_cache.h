// The KV cache: a fixed number of blocks of kKvBlockTokens tokens, each for all layers and KV
// heads, in FP32. A sequence holds a list of blocks. Owned by the engine thread; not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "pincer/engine/model.h"
#include "pincer/engine/result.h"

namespace pincer {

class KvCache {
 public:
  // At least one block; `bytes` is a budget of address space, memory is taken as blocks are first
  // used.
  static Result<KvCache> create(const ModelConfig& config, std::int64_t bytes);
  KvCache(KvCache&& other) noexcept;
  KvCache& operator=(KvCache&&) = delete;
  ~KvCache();

  static std::int64_t block_bytes(const ModelConfig& config);
  static int blocks_for(int tokens);

  int total() const { return total_; }
  int available() const { return static_cast<int>(free_.size()); }
  int take();  // available() > 0
  void give_back(int block);

  // K of one block: [head_dim][kKvBlockTokens]; V: [kKvBlockTokens][head_dim].
  float* k(int block, int layer, int kv_head) const {
    return base_ + block * block_floats_ +
           (static_cast<std::int64_t>(layer) * kv_heads_ + kv_head) * 2 * half_floats_;
  }
  float* v(int block, int layer, int kv_head) const {
    return k(block, layer, kv_head) + half_floats_;
  }

 private:
  KvCache() = default;
  float* base_ = nullptr;
  std::int64_t mapped_bytes_ = 0;
  std::int64_t block_floats_ = 0;
  std::int64_t half_floats_ = 0;  // K, or V, of one layer and head
  int kv_heads_ = 0;
  int total_ = 0;
  std::vector<int> free_;  // last in, first out: warm memory is used again first
};

}  // namespace pincer
