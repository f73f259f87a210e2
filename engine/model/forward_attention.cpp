#include <algorithm>

#include "engine/model/forward.h"
#include "pincer/kernels/misuse.h"

namespace pincer {

void Forward::attention(int layer) {
  // A single short sequence is not worth a barrier.
  const bool small = rows_.size() == 1 && max_kv_ <= 64;
  const auto count = static_cast<std::int64_t>(tasks_.size());
  arena_.split(count, small ? count : 1, [&](std::int64_t begin, std::int64_t end, int thread) {
    for (std::int64_t i = begin; i < end; ++i)
      attend(layer, tasks_[static_cast<std::size_t>(i)], thread);
  });
}

void Forward::attend(int layer, const Task& task, int thread) {
  const ModelConfig& c = config_;
  const int group = c.heads / c.kv_heads;
  const Chunk& chunk = chunks_[static_cast<std::size_t>(task.chunk)];
  const std::span<const int> ids = chunk.blocks.group(cache_.group_of(layer));
  const int blocks = KvCache::blocks_for(task.position + task.tokens);
  // Where the first token's window begins: earlier blocks may have been given back.
  const int window = c.window(layer);
  const auto first_key = [window](int position) {
    return window == 0 ? 0 : std::max(0, position + 1 - window);
  };
  const int first_block = first_key(task.position) / kernels::kKvBlockTokens;

  AttentionScratch& s = attention_scratch_[static_cast<std::size_t>(thread)];
  s.blocks.clear();
  // Of earlier blocks nothing is said: they may have been given back.
  s.blocks.resize(static_cast<std::size_t>(first_block), nullptr);
  for (int b = first_block; b < blocks; ++b) {
    s.blocks.push_back(cache_.head(ids[static_cast<std::size_t>(b)], layer, task.kv_head));
  }
  s.offset.clear();
  s.kv_begin.clear();
  s.kv_end.clear();
  for (int t = 0; t < task.tokens; ++t) {
    for (int h = 0; h < group; ++h) {
      const std::int64_t head = (task.kv_head * group + h) * c.head_dim;
      s.offset.push_back((task.row + t) * qkv_width_ + head);
      s.kv_begin.push_back(first_key(task.position + t));
      s.kv_end.push_back(task.position + t + 1);
    }
  }
  s.windowed = window > 0;
  switch (cache_.format()) {
    case KvFormat::s8:
      return attend_s8(s);
    case KvFormat::f16:
      return attend_floats(*model_.kernels.attention_f16, s.halves, s);
    case KvFormat::f32:
      return attend_floats(*model_.kernels.attention, s.floats, s);
  }
}

void Forward::attend_s8(const AttentionScratch& s) {
  kernels::call(*model_.kernels.attention_s8, {.q = qkv_.get(),
                                               .q_offset = s.offset.data(),
                                               .kv_begin = s.windowed ? s.kv_begin.data() : nullptr,
                                               .kv_end = s.kv_end.data(),
                                               .rows = static_cast<int>(s.offset.size()),
                                               .blocks = s.blocks.data(),
                                               .head_dim = config_.head_dim,
                                               .scale = config_.attention_scale,
                                               .out = attended_.get()});
}

template <class Kernel, class Element>
void Forward::attend_floats(const Kernel& kernel, FloatBlocks<Element>& blocks,
                            const AttentionScratch& s) {
  blocks.k.clear();
  blocks.v.clear();
  for (const std::uint8_t* block : s.blocks) {
    const std::uint8_t* values = block == nullptr ? nullptr : block + cache_.head_bytes() / 2;
    blocks.k.push_back(reinterpret_cast<const Element*>(block));
    blocks.v.push_back(reinterpret_cast<const Element*>(values));
  }
  kernels::call(kernel, {.q = qkv_.get(),
                         .q_offset = s.offset.data(),
                         .kv_begin = s.windowed ? s.kv_begin.data() : nullptr,
                         .kv_len = s.kv_end.data(),
                         .rows = static_cast<int>(s.offset.size()),
                         .k_blocks = blocks.k.data(),
                         .v_blocks = blocks.v.data(),
                         .head_dim = config_.head_dim,
                         .scale = config_.attention_scale,
                         .out = attended_.get(),
                         .scratch = s.scores.get()});
}

}  // namespace pincer
