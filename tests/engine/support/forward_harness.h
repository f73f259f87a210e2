// A model with a cache, to run chunks on.
#pragma once

#include <numeric>
#include <utility>
#include <vector>

#include "engine/model/forward.h"

namespace pincer::test {

// Logits of rows.
using Logits = std::vector<std::vector<float>>;

class ForwardHarness {
 public:
  ForwardHarness(const Model& model, int threads)
      : arena_(threads),
        cache_(*KvCache::create(model, 64 * KvCache::block_bytes(model))),
        forward_(model, cache_, arena_, 300) {}

  std::vector<int> blocks(int tokens) {
    std::vector<int> out;
    while (static_cast<int>(out.size()) < KvCache::blocks_for(tokens)) out.push_back(cache_.take());
    return out;
  }
  // Logits of all rows of all chunks.
  Logits run(const std::vector<Chunk>& chunks) {
    int rows = 0;
    for (const Chunk& c : chunks) rows += static_cast<int>(c.tokens.size());
    forward_.run(chunks);
    std::vector<int> all(static_cast<std::size_t>(rows));
    std::iota(all.begin(), all.end(), 0);
    const auto logits = forward_.logits(all);
    Logits out;
    for (int r = 0; r < rows; ++r) out.emplace_back(logits.row(r), logits.row(r) + logits.cols);
    return out;
  }

 private:
  Arena arena_;
  KvCache cache_;
  Forward forward_;
};

inline Logits run_whole(const Model& model, const std::vector<TokenId>& tokens, int threads = 2) {
  ForwardHarness harness(model, threads);
  const std::vector<int> blocks = harness.blocks(static_cast<int>(tokens.size()));
  return harness.run({{tokens, 0, blocks}});
}

// `step` tokens at a time.
inline Logits run_chunked(const Model& model, const std::vector<TokenId>& tokens, int step) {
  ForwardHarness harness(model, 2);
  const int count = static_cast<int>(tokens.size());
  const std::vector<int> blocks = harness.blocks(count);
  Logits out;
  for (int at = 0; at < count; at += step) {
    const auto size = static_cast<std::size_t>(std::min(step, count - at));
    for (auto& row : harness.run(
             {{std::span(tokens).subspan(static_cast<std::size_t>(at), size), at, blocks}})) {
      out.push_back(std::move(row));
    }
  }
  return out;
}

// All of them in one batch; the rows of each.
inline std::vector<Logits> run_batch(const Model& model,
                                     const std::vector<std::vector<TokenId>>& prompts) {
  ForwardHarness harness(model, 2);
  std::vector<std::vector<int>> blocks;
  std::vector<Chunk> chunks;
  for (const auto& p : prompts) blocks.push_back(harness.blocks(static_cast<int>(p.size())));
  for (std::size_t i = 0; i < prompts.size(); ++i) chunks.push_back({prompts[i], 0, blocks[i]});
  Logits rows = harness.run(chunks);
  std::vector<Logits> out;
  auto row = rows.begin();
  for (const auto& p : prompts) {
    const auto end = row + static_cast<std::ptrdiff_t>(p.size());
    out.emplace_back(std::make_move_iterator(row), std::make_move_iterator(end));
    row = end;
  }
  return out;
}

}  // namespace pincer::test
