// The KV cache: a fixed number of blocks of kKvBlockTokens tokens, each for all layers and KV
// heads. A sequence holds a list of blocks. Owned by the engine thread; not thread-safe.
//
// Memory is [layer][KV head][block]: attention reads one head of many blocks, and those lie beside
// each other, so that the processor fetches ahead across blocks (about a sixth faster than with all
// heads of a block together). Blocks are taken lowest first, so that what is used stays dense and
// no page is touched before it is needed. Huge pages are not asked for: one for each layer and head
// is much more memory than a short chat needs.
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
  static Result<KvCache> create(const Model& model, std::int64_t bytes);
  KvCache(KvCache&& other) noexcept;
  KvCache& operator=(KvCache&&) = delete;
  ~KvCache();

  static std::int64_t block_bytes(const Model& model);
  static int blocks_for(int tokens);

  int total() const { return total_; }
  int available() const { return static_cast<int>(free_.size()); }
  int take();  // available() > 0
  void give_back(int block);

  // One KV head of a block. KvFormat::s8: as kernels/attention_s8.h says; KvFormat::f32: K as
  // [head_dim][kKvBlockTokens], then V as [kKvBlockTokens][head_dim].
  std::uint8_t* head(int block, int layer, int kv_head) const {
    const std::int64_t head = static_cast<std::int64_t>(layer) * kv_heads_ + kv_head;
    return base_ + (head * total_ + block) * head_bytes_;
  }
  float* k(int block, int layer, int kv_head) const {
    return reinterpret_cast<float*>(head(block, layer, kv_head));
  }
  float* v(int block, int layer, int kv_head) const {
    return reinterpret_cast<float*>(head(block, layer, kv_head) + head_bytes_ / 2);
  }

 private:
  KvCache() = default;
  std::uint8_t* base_ = nullptr;
  std::int64_t mapped_bytes_ = 0;
  std::int64_t head_bytes_ = 0;  // of one layer and KV head in a block
  int kv_heads_ = 0;
  int total_ = 0;
  std::vector<int> free_;  // a heap, the lowest on top
};

}  // namespace pincer
