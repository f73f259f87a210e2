// The memory of the KV cache: a fixed number of blocks of kKvBlockTokens tokens. A sequence holds
// a list of blocks. Owned by the engine thread; not thread-safe.
//
// Layers are grouped by how far back they see (KvBlocks), and each group has blocks of its own, for
// all its layers and their KV heads. Group 0 sees every key; the others, with a sliding window,
// need only as many blocks as the windows of the sequences that run at once.
//
// Memory is [layer][KV head][block]: attention reads one head of many blocks, and those lie beside
// each other, so that the processor fetches ahead across blocks (about a sixth faster than with all
// heads of a block together). Huge pages are not asked for: one for each layer and head is much
// more memory than a short chat needs.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "engine/kv/block_pool.h"
#include "pincer/engine/model.h"
#include "pincer/engine/result.h"

namespace pincer {

struct KvCacheOptions {
  std::int64_t bytes = 0;  // budget; at least one block is made
  KvChoice kv = {};
  // Where windowed layers give blocks back: for so many sequences at once, and so many rows in a
  // step. 0 sequences: all layers in one group, which keeps everything.
  int sequences = 0;
  int rows = 0;
  int context = 0;  // most tokens of a sequence, where sequences > 0
};

class KvCache {
 public:
  // Memory is taken as blocks are first used; `bytes` bounds it. Errors: no_space, unsupported (a
  // format that has no kernels for the model's heads).
  static Result<KvCache> create(const Model& model, const KvCacheOptions& options);
  static Result<KvCache> create(const Model& model, std::int64_t bytes) {
    return create(model, KvCacheOptions{.bytes = bytes});
  }
  KvCache(KvCache&& other) noexcept;
  KvCache& operator=(KvCache&&) = delete;
  ~KvCache();

  // Room for so many blocks in one group.
  static KvCacheOptions options_for(const Model& model, std::int64_t blocks, const KvChoice& kv);
  static std::int64_t block_bytes(const Model& model, const KvChoice& kv = {});  // of all layers
  static int blocks_for(int tokens);

  int layers() const { return static_cast<int>(layers_.size()); }
  int kv_heads() const { return kv_heads_; }
  int groups() const { return static_cast<int>(pools_.size()); }
  int group_of(int layer) const { return layers_[static_cast<std::size_t>(layer)].group; }
  int window(int group) const { return windows_[static_cast<std::size_t>(group)]; }  // 0: all keys
  std::span<BlockPool> pools() { return pools_; }
  std::span<const BlockPool> pools() const { return pools_; }
  std::span<const int> windows() const { return windows_; }

  // Of group 0.
  int total() const { return pools_[0].total(); }
  int available() const { return pools_[0].free(); }
  int take() { return pools_[0].take(); }  // available() > 0
  void give_back(int block) { pools_[0].give_back(block); }

  KvFormat format() const { return format_; }
  bool smooth_k() const { return smooth_k_; }
  // One KV head of a block of the layer's group. KvFormat::s8: as kernels/attention_s8.h says;
  // others: K as [head_dim][kKvBlockTokens], then V as [kKvBlockTokens][head_dim].
  std::uint8_t* head(int block, int layer, int kv_head) const {
    const Layer& l = layers_[static_cast<std::size_t>(layer)];
    return l.base + (kv_head * l.blocks + block) * head_bytes_;
  }
  template <class Element>
  Element* k(int block, int layer, int kv_head) const {
    return reinterpret_cast<Element*>(head(block, layer, kv_head));
  }
  template <class Element>
  Element* v(int block, int layer, int kv_head) const {
    return reinterpret_cast<Element*>(head(block, layer, kv_head) + head_bytes_ / 2);
  }
  std::int64_t head_bytes() const { return head_bytes_; }
  // A block's content, all layers of the group.
  void copy(int group, int from, int to) const;

 private:
  struct Layer {
    int group = 0;
    std::int64_t blocks = 0;  // of the group
    std::uint8_t* base = nullptr;
  };
  KvCache() = default;
  void group_layers(const Model& model, const KvCacheOptions& options);
  std::vector<int> divide(const KvCacheOptions& options) const;

  KvFormat format_ = KvFormat::s8;
  bool smooth_k_ = false;
  std::uint8_t* base_ = nullptr;
  std::int64_t mapped_bytes_ = 0;
  std::int64_t head_bytes_ = 0;  // of one layer and KV head in a block
  int kv_heads_ = 0;
  std::vector<Layer> layers_;
  std::vector<int> windows_;  // [groups]
  std::vector<BlockPool> pools_;
};

}  // namespace pincer
