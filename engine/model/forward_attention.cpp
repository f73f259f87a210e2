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
  const bool f32 = model_.kv_format() == KvFormat::f32;
  s.k.clear();
  s.v.clear();
  s.blocks.clear();
  if (f32) {
    s.k.resize(static_cast<std::size_t>(first_block), nullptr);
    s.v.resize(static_cast<std::size_t>(first_block), nullptr);
  } else {
    s.blocks.resize(static_cast<std::size_t>(first_block), nullptr);
  }
  for (int b = first_block; b < blocks; ++b) {
    const int block = ids[static_cast<std::size_t>(b)];
    if (f32) {
      s.k.push_back(cache_.k(block, layer, task.kv_head));
      s.v.push_back(cache_.v(block, layer, task.kv_head));
    } else {
      s.blocks.push_back(cache_.head(block, layer, task.kv_head));
    }
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
  const int rows = task.tokens * group;
  const std::int32_t* begins = window == 0 ? nullptr : s.kv_begin.data();
  if (!f32) {
    kernels::call(*model_.kernels.attention_s8, {.q = qkv_.get(),
                                                 .q_offset = s.offset.data(),
                                                 .kv_begin = begins,
                                                 .kv_end = s.kv_end.data(),
                                                 .rows = rows,
                                                 .blocks = s.blocks.data(),
                                                 .head_dim = c.head_dim,
                                                 .scale = c.attention_scale,
                                                 .out = attended_.get()});
    return;
  }
  kernels::call(*model_.kernels.attention, {.q = qkv_.get(),
                                            .q_offset = s.offset.data(),
                                            .kv_begin = begins,
                                            .kv_len = s.kv_end.data(),
                                            .rows = rows,
                                            .k_blocks = s.k.data(),
                                            .v_blocks = s.v.data(),
                                            .head_dim = c.head_dim,
                                            .scale = c.attention_scale,
                                            .out = attended_.get(),
                                            .scratch = s.scores.get()});
}

}  // namespace pincer
