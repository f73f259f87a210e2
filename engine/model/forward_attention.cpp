#include "engine/model/forward.h"

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
  const int blocks = KvCache::blocks_for(task.position + task.tokens);

  AttentionScratch& s = attention_scratch_[static_cast<std::size_t>(thread)];
  s.k.clear();
  s.v.clear();
  for (int b = 0; b < blocks; ++b) {
    const int block = chunk.blocks[static_cast<std::size_t>(b)];
    s.k.push_back(cache_.k(block, layer, task.kv_head));
    s.v.push_back(cache_.v(block, layer, task.kv_head));
  }
  s.offset.clear();
  s.kv_len.clear();
  for (int t = 0; t < task.tokens; ++t) {
    for (int h = 0; h < group; ++h) {
      const std::int64_t head = (task.kv_head * group + h) * c.head_dim;
      s.offset.push_back((task.row + t) * qkv_width_ + head);
      s.kv_len.push_back(task.position + t + 1);
    }
  }
  kernels::AttentionArgs args;
  args.q = qkv_.get();
  args.q_offset = s.offset.data();
  args.kv_len = s.kv_len.data();
  args.rows = task.tokens * group;
  args.k_blocks = s.k.data();
  args.v_blocks = s.v.data();
  args.head_dim = c.head_dim;
  args.scale = attention_scale_;
  args.out = attended_.get();
  args.scratch = s.scores.get();
  model_.kernels.attention->fn(args);
}

}  // namespace pincer
