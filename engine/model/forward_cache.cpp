// Keys and values on their way into the cache.
#include <algorithm>
#include <vector>

#include "engine/gguf/half.h"
#include "engine/model/forward.h"
#include "pincer/kernels/smooth_k.h"

namespace pincer {
namespace {

void assign(float& to, float value) { to = value; }
void assign(kernels::Half& to, float value) { to.bits = gguf::float_to_half(value); }

// Token `slot` of a KV head's block: K as [head_dim][kKvBlockTokens], V as
// [kKvBlockTokens][head_dim].
template <class Element>
void store_floats(const float* k, const float* v, int head_dim, int slot, Element* k_block,
                  Element* v_block) {
  for (int d = 0; d < head_dim; ++d) {
    assign(k_block[d * kernels::kKvBlockTokens + slot], k[d]);
    assign(v_block[slot * head_dim + d], v[d]);
  }
}

// Tokens of the probe that centres are learnt from.
constexpr int kProbeTokens = kernels::kKvBlockTokens;

}  // namespace

void Forward::rotate(int layer, std::int64_t r) {
  const ModelConfig& c = config_;
  float* q = qkv_.get() + r * qkv_width_;
  norm_heads(model_.layers[static_cast<std::size_t>(layer)], q, q + c.q_width());
  const Angles& angles = angles_[c.window(layer) > 0];
  // Query heads and key heads are neighbours.
  ops_.rope(q, angles.cosine.get() + r * rope_.half(), angles.sine.get() + r * rope_.half(),
            c.heads + c.kv_heads, c.head_dim, c.rope.dim);
}

void Forward::store(int layer, std::int64_t r) {
  const ModelConfig& c = config_;
  const Row& row = rows_[static_cast<std::size_t>(r)];
  const Chunk& chunk = chunks_[static_cast<std::size_t>(row.chunk)];
  const float* k = qkv_.get() + r * qkv_width_ + c.q_width();
  const float* v = k + c.kv_width();
  const std::span<const int> blocks = chunk.blocks.group(cache_.group_of(layer));
  const int block = blocks[static_cast<std::size_t>(row.position / kernels::kKvBlockTokens)];
  const int slot = row.position % kernels::kKvBlockTokens;
  for (int head = 0; head < c.kv_heads; ++head, k += c.head_dim, v += c.head_dim) {
    switch (cache_.format()) {
      case KvFormat::s8:
        store_s8(layer, head, k, v, slot, cache_.head(block, layer, head));
        break;
      case KvFormat::f16:
        store_floats(k, v, c.head_dim, slot, cache_.k<kernels::Half>(block, layer, head),
                     cache_.v<kernels::Half>(block, layer, head));
        break;
      case KvFormat::f32:
        store_floats(k, v, c.head_dim, slot, cache_.k<float>(block, layer, head),
                     cache_.v<float>(block, layer, head));
        break;
    }
  }
}

void Forward::store_s8(int layer, int head, const float* k, const float* v, int slot,
                       std::uint8_t* block) const {
  const int head_dim = config_.head_dim;
  float centred[kernels::kMaxHeadDim];
  if (cache_.smooth_k()) {
    kernels::centre_key(k, centre(layer, head), head_dim, centred);
    k = centred;
  }
  std::int8_t quants[2][kernels::kMaxHeadDim];
  float scale[2];
  std::int32_t sum;  // attention does not need it
  ops_.quantize_row(k, head_dim, head_dim, 0, quants[0], &scale[0], &sum);
  ops_.quantize_row(v, head_dim, head_dim, 0, quants[1], &scale[1], &sum);
  kernels::write_kv(model_.kernels.attention_s8->shape, head_dim, slot, quants[0], scale[0],
                    quants[1], scale[1], block);
}

// Tokens all over the vocabulary: the bias that keys share hardly depends on what is said. The same
// in every process, so that answers do not depend on what an engine was asked before.
void Forward::learn_centres() {
  centres_.reserve(static_cast<std::int64_t>(config_.layers) * config_.kv_width());
  std::vector<TokenId> probe;
  const int count = std::min(kProbeTokens, max_rows_);
  for (int i = 0; i < count; ++i) {
    probe.push_back(static_cast<TokenId>(static_cast<std::int64_t>(config_.vocab) * i / count));
  }
  KvBlocks blocks;
  for (BlockPool& pool : cache_.pools()) blocks.groups.push_back({{pool.take()}});
  learning_ = true;
  const Chunk chunk{probe, 0, blocks};
  run({&chunk, 1});
  learning_ = false;
  for (std::size_t g = 0; g < blocks.groups.size(); ++g)
    cache_.pools()[g].give_back(blocks.groups[g].ids[0]);
}

void Forward::learn_centres_of(int layer) {
  const auto rows = static_cast<int>(rows_.size());
  for (int head = 0; head < config_.kv_heads; ++head) {
    const float* keys = qkv_.get() + config_.q_width() + head * config_.head_dim;
    kernels::mean_key(keys, qkv_width_, rows, config_.head_dim, centre(layer, head));
  }
  for (int r = 0; r < rows; ++r) store(layer, r);
}

}  // namespace pincer
