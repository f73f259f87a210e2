#include "pincer/engine/speed.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <numeric>

#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"

namespace pincer {
namespace {

constexpr int kChunk = 512;  // prompt tokens in a step, as the engine does
// Before decoding is timed: all weights were read, all scratch was touched.
constexpr int kWarmSteps = 8;

// Spread over the vocabulary, the same in every run.
std::vector<TokenId> some_tokens(std::int64_t count, int vocab) {
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
        tokens_(
            some_tokens(std::max<std::int64_t>(test.context(), test.batch), model.config.vocab)) {
    sequences_.resize(static_cast<std::size_t>(test.batch));
    const int blocks = KvCache::blocks_for(static_cast<int>(test.context()));
    for (auto& sequence : sequences_) {
      for (int b = 0; b < blocks; ++b) sequence.push_back(cache_.take());
    }
  }

  // Puts the first `depth` tokens into the context of each sequence.
  void fill() {
    for (const auto& sequence : sequences_) read_prompt(sequence, 0, test_.depth);
  }

  void prefill(int tokens) {
    const int last_row = read_prompt(sequences_[0], test_.depth, tokens);
    forward_.logits({&last_row, 1});
  }

  void decode(int steps) {
    std::vector<int> rows(sequences_.size());
    std::iota(rows.begin(), rows.end(), 0);
    std::vector<TokenId> next(tokens_.begin(), tokens_.begin() + test_.batch);
    std::vector<Chunk> chunks;
    for (int step = 0; step < steps; ++step) {
      chunks.clear();
      for (std::size_t s = 0; s < sequences_.size(); ++s)
        chunks.push_back({{&next[s], 1}, test_.depth + step, sequences_[s]});
      forward_.run(chunks);
      const auto logits = forward_.logits(rows);
      for (std::size_t s = 0; s < next.size(); ++s) {
        const float* row = logits.row(static_cast<std::int64_t>(s));
        next[s] = static_cast<TokenId>(std::max_element(row, row + logits.cols) - row);
      }
    }
  }

 private:
  // Returns the row of the last token in the last step.
  int read_prompt(std::span<const int> sequence, int from, int count) {
    const std::span<const TokenId> all(tokens_);
    int rows = 0;
    for (int done = 0; done < count; done += rows) {
      rows = std::min(kChunk, count - done);
      const int position = from + done;
      const Chunk chunk{
          all.subspan(static_cast<std::size_t>(position), static_cast<std::size_t>(rows)), position,
          sequence};
      forward_.run({&chunk, 1});
    }
    return rows - 1;
  }

  const SpeedTest& test_;
  Arena arena_;
  KvCache cache_;
  Forward forward_;
  std::vector<TokenId> tokens_;
  std::vector<std::vector<int>> sequences_;  // blocks
};

// The error, if the test cannot be.
Result<void> check(const Model& model, const SpeedTest& test) {
  if (test.tokens < 1 || test.depth < 0) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a test of {} tokens after {} is not possible; it needs at least 1 "
                             "after 0",
                             test.tokens, test.depth)};
  }
  if (!test.beyond_context && test.context() > model.config.context) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a test of {} tokens after {} is not possible; the context holds {}",
                             test.tokens, test.depth, model.config.context)};
  }
  // Before the arithmetic with blocks: a context that an int does not hold has no blocks.
  const auto per_token =
      static_cast<double>(KvCache::block_bytes(model, test.kv)) / kernels::kKvBlockTokens;
  const double needed = per_token * static_cast<double>(test.context()) * test.batch;
  const double memory =
      static_cast<double>(::sysconf(_SC_PHYS_PAGES)) * static_cast<double>(::sysconf(_SC_PAGESIZE));
  if (needed > memory || test.context() > (1 << 30)) {
    return Error{
        ErrorCode::no_space,
        fmt::format(
            "keys and values of {} x {} tokens take {} x {} x {:.0f} bytes = {:.1f} GB, and "
            "this machine has {:.1f} GB; measure fewer sequences or a shorter context",
            test.batch, test.context(), test.batch, test.context(), per_token, needed * 1e-9,
            memory * 1e-9)};
  }
  return {};
}

// What one repetition computes and reads.
SpeedResult work_of(const Model& model, const SpeedTest& test) {
  const bool prefill = test.kind == SpeedTest::Kind::prefill;
  SpeedResult work;
  const std::int64_t head = static_cast<std::int64_t>(model.config.width) * model.config.vocab;
  const std::int64_t layers = model.config.matmul_weights() - head;
  const std::int64_t rows = prefill ? kChunk : 1;  // of a sequence in a step
  const std::int64_t steps = (test.tokens + rows - 1) / rows;
  work.tokens = static_cast<std::int64_t>(test.tokens) * (prefill ? 1 : test.batch);
  // The head is multiplied for the last token of a prompt only.
  work.macs = layers * work.tokens + head * (prefill ? 1 : work.tokens);
  work.weight_bytes =
      steps * model.weight_bytes() - (prefill ? (steps - 1) * model.head.bytes() : 0);
  std::int64_t keys = 0;  // of one sequence, summed over the steps and layers
  for (int layer = 0; layer < model.config.layers; ++layer) {
    const int window = model.config.window(layer);
    for (std::int64_t step = 1; step <= steps; ++step) {
      const std::int64_t all = test.depth + std::min<std::int64_t>(step * rows, test.tokens);
      keys += window > 0 ? std::min(all, window + rows - 1) : all;
    }
  }
  work.kv_bytes = keys * KvCache::block_bytes(model, test.kv) /
                  (std::int64_t{kernels::kKvBlockTokens} * model.config.layers) *
                  (prefill ? 1 : test.batch);
  return work;
}

}  // namespace

Result<SpeedResult> measure_speed(const Model& model, const SpeedTest& test) {
  if (auto possible = check(model, test); !possible) return possible.error();
  const std::int64_t blocks =
      static_cast<std::int64_t>(KvCache::blocks_for(static_cast<int>(test.context()))) * test.batch;
  auto cache = KvCache::create(model, KvCache::options_for(model, blocks, test.kv));
  if (!cache) return cache.error();
  Runner runner(model, test, std::move(*cache));
  SpeedResult result = work_of(model, test);
  runner.fill();
  const auto repeat = [&](int tokens) {
    test.kind == SpeedTest::Kind::prefill ? runner.prefill(tokens) : runner.decode(tokens);
  };
  repeat(std::min(test.tokens, test.kind == SpeedTest::Kind::prefill ? kChunk : kWarmSteps));
  if (test.trace != nullptr) test.trace->clear();
  for (int r = 0; r < test.repetitions; ++r) {
    const auto start = std::chrono::steady_clock::now();
    repeat(test.tokens);
    const double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    result.tokens_per_s.push_back(static_cast<double>(result.tokens) / seconds);
  }
  return result;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t n = values.size();
  return n % 2 == 1 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2;
}

}  // namespace pincer
