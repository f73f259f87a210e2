#include "pincer/engine/speed.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"

namespace pincer {
namespace {

constexpr int kChunk = 512;  // prompt tokens in a step, as the engine does

// Spread over the vocabulary, the same in every run.
std::vector<TokenId> some_tokens(int count, int vocab) {
  std::vector<TokenId> tokens(static_cast<std::size_t>(count));
  std::uint32_t state = 12345;
  for (TokenId& t : tokens) {
    state = state * 1664525u + 1013904223u;
    t = static_cast<TokenId>((state >> 8) % static_cast<std::uint32_t>(vocab));
  }
  return tokens;
}

class Runner {
 public:
  Runner(const Model& model, const SpeedTest& test, KvCache cache)
      : test_(test),
        arena_(test.threads),
        cache_(std::move(cache)),
        forward_(model, cache_, arena_, std::max(kChunk, test.batch), test.trace),
        tokens_(some_tokens(std::max(test.tokens, test.batch), model.config.vocab)) {
    sequences_.resize(static_cast<std::size_t>(test.batch));
    for (auto& blocks : sequences_) {
      for (int b = 0; b < KvCache::blocks_for(test.tokens); ++b) blocks.push_back(cache_.take());
    }
  }

  void prefill() {
    const std::span<const TokenId> all(tokens_.data(), static_cast<std::size_t>(test_.tokens));
    for (int done = 0; done < test_.tokens; done += kChunk) {
      const int count = std::min(kChunk, test_.tokens - done);
      const Chunk chunk{
          all.subspan(static_cast<std::size_t>(done), static_cast<std::size_t>(count)), done,
          sequences_[0]};
      forward_.run({&chunk, 1});
      const int last = count - 1;
      if (done + count == test_.tokens) forward_.logits({&last, 1});
    }
  }

  void decode() {
    std::vector<int> rows(sequences_.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<TokenId> next(tokens_.begin(), tokens_.begin() + test_.batch);
    for (int step = 0; step < test_.tokens; ++step) {
      std::vector<Chunk> chunks;
      for (std::size_t s = 0; s < sequences_.size(); ++s)
        chunks.push_back({{&next[s], 1}, step, sequences_[s]});
      forward_.run(chunks);
      const auto logits = forward_.logits(rows);
      for (std::size_t s = 0; s < next.size(); ++s) {
        const float* row = logits.row(static_cast<std::int64_t>(s));
        next[s] = static_cast<TokenId>(std::max_element(row, row + logits.cols) - row);
      }
    }
  }

 private:
  const SpeedTest& test_;
  Arena arena_;
  KvCache cache_;
  Forward forward_;
  std::vector<TokenId> tokens_;
  std::vector<std::vector<int>> sequences_;  // blocks
};

}  // namespace

Result<SpeedResult> measure_speed(const Model& model, const SpeedTest& test) {
  if (test.tokens < 1 || test.tokens > model.config.context) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a test of {} tokens is not possible; the context holds 1 to {}",
                             test.tokens, model.config.context)};
  }
  const std::int64_t blocks =
      static_cast<std::int64_t>(KvCache::blocks_for(test.tokens)) * test.batch;
  auto cache = KvCache::create(model, blocks * KvCache::block_bytes(model));
  if (!cache) return cache.error();
  Runner runner(model, test, std::move(*cache));

  const bool prefill = test.kind == SpeedTest::Kind::prefill;
  SpeedResult result;
  const std::int64_t head = static_cast<std::int64_t>(model.config.width) * model.config.vocab;
  const std::int64_t layers = model.config.matmul_weights() - head;
  const std::int64_t steps = prefill ? (test.tokens + kChunk - 1) / kChunk : test.tokens;
  result.tokens = static_cast<std::int64_t>(test.tokens) * (prefill ? 1 : test.batch);
  // The head is multiplied for the last token of a prompt only.
  result.macs = layers * result.tokens + head * (prefill ? 1 : result.tokens);
  result.weight_bytes =
      steps * model.weight_bytes() - (prefill ? (steps - 1) * model.head.bytes() : 0);
  for (int r = 0; r <= test.repetitions; ++r) {
    const auto start = std::chrono::steady_clock::now();
    prefill ? runner.prefill() : runner.decode();
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    if (r > 0) result.tokens_per_s.push_back(static_cast<double>(result.tokens) / seconds);
  }
  return result;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace pincer
