// What the prefix cache does for generations: the same output, computed once.
#include <gtest/gtest.h>

#include <random>
#include <thread>

#include "engine/kv/kv_cache.h"
#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::collect;
using test::greedy;
using test::Output;
using test::prompt_of;
using test::run;

std::vector<TokenId> operator+(std::vector<TokenId> a, const std::vector<TokenId>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class PrefixReuse : public testing::Test {
 protected:
  std::unique_ptr<Engine> start(bool prefix_cache, int blocks = 0) {
    EngineOptions options;
    options.threads = 2;
    options.prefix_cache = prefix_cache;
    if (blocks > 0) options.kv_bytes = blocks * KvCache::block_bytes(*model_.model);
    auto engine = Engine::start(model_.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }
  // What a request gives where nothing is ever reused.
  std::vector<TokenId> alone(const std::vector<TokenId>& prompt, int tokens) {
    if (!plain_) plain_ = start(false);
    return run(*plain_, greedy(prompt, tokens)).tokens;
  }

  static test::TinyShape shape() {
    test::TinyShape s;
    s.context = 4096;
    return s;
  }
  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path(), shape());
  std::unique_ptr<Engine> plain_;
};

TEST_F(PrefixReuse, TheSameAgainComputesTheLastTokenOnly) {
  const auto engine = start(true);
  const Output first = run(*engine, greedy(prompt_of(100, 1), 10));
  EXPECT_EQ(first.finish.cached_tokens, 0);
  const Output again = run(*engine, greedy(prompt_of(100, 1), 10));
  EXPECT_EQ(again.tokens, first.tokens);
  EXPECT_EQ(again.finish.cached_tokens, 99);
  EXPECT_EQ(engine->stats().cached_prompt_tokens, 99);
  EXPECT_EQ(engine->stats().prompt_tokens, 101);
}

TEST_F(PrefixReuse, ANextTurnFindsPromptAndAnswer) {
  const auto engine = start(true);
  const std::vector<TokenId> prompt = prompt_of(50, 1);
  const Output first = run(*engine, greedy(prompt, 40));
  const std::vector<TokenId> next = prompt + first.tokens + prompt_of(20, 2);
  const Output second = run(*engine, greedy(next, 10));
  EXPECT_EQ(second.tokens, alone(next, 10));
  EXPECT_EQ(second.finish.cached_tokens, 50 + 39) << "the last token of an answer is not computed";
}

TEST_F(PrefixReuse, ADifferenceInsideABlockIsSeen) {
  const auto engine = start(true);
  for (const int at : {0, 1, 31, 32, 33, 70, 95}) {
    std::vector<TokenId> prompt = prompt_of(96, 1);
    prompt[static_cast<std::size_t>(at)] ^= 1;
    EXPECT_EQ(run(*engine, greedy(prompt, 12)).tokens, alone(prompt, 12)) << at;
  }
  EXPECT_GT(engine->stats().cached_prompt_tokens, 0);
}

TEST_F(PrefixReuse, OffMeansOff) {
  const auto engine = start(false);
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(run(*engine, greedy(prompt_of(100, 1), 3)).finish.cached_tokens, 0);
  EXPECT_EQ(engine->stats().cached_prompt_tokens, 0);
  EXPECT_EQ(engine->stats().prompt_tokens, 200);
}

// Many that come at once with one long beginning: it is computed by the first.
TEST_F(PrefixReuse, WhoComeAtOnceComputeTheCommonPartOnce) {
  constexpr int kClients = 16, kCommon = 1504, kOwn = 9;  // 47 whole blocks
  const std::vector<TokenId> common = prompt_of(kCommon, 1);
  const auto engine = start(true);
  std::vector<std::shared_ptr<TokenStream>> streams;
  for (int c = 0; c < kClients; ++c) {
    // The first token of its own tells each from the others.
    streams.push_back(test::submit(
        *engine, greedy(common + std::vector<TokenId>{c} + prompt_of(kOwn - 1, c), 5)));
  }
  int cached = 0;
  for (int c = 0; c < kClients; ++c) {
    const Output out = collect(*streams[static_cast<std::size_t>(c)]);
    cached += out.finish.cached_tokens;
    EXPECT_EQ(out.tokens, alone(common + std::vector<TokenId>{c} + prompt_of(kOwn - 1, c), 5));
  }
  EXPECT_EQ(cached, (kClients - 1) * kCommon);
  EXPECT_EQ(engine->stats().prompt_tokens, kCommon + kClients * kOwn);
}

// More wait than there are places, most of them for the first: those behind are admitted before it
// is known what they would find, and still get no more than their plan has rows for.
TEST_F(PrefixReuse, ALongQueueOfPromptsThatWereThere) {
  EngineOptions options;
  options.threads = 2;
  options.max_active = 2;
  const auto engine = std::move(*Engine::start(model_.model, options));
  for (int c = 0; c < 8; ++c) run(*engine, greedy(prompt_of(150, c), 1));
  std::vector<std::pair<std::vector<TokenId>, std::shared_ptr<TokenStream>>> jobs;
  for (int i = 0; i < 40; ++i) {
    const std::vector<TokenId> prompt =
        i < 20 ? prompt_of(700, 20) + prompt_of(i, 1) : prompt_of(100 + i, i % 8) + prompt_of(9, i);
    jobs.emplace_back(prompt, test::submit(*engine, greedy(prompt, 6)));
  }
  for (const auto& [prompt, stream] : jobs) EXPECT_EQ(collect(*stream).tokens, alone(prompt, 6));
}

TEST_F(PrefixReuse, WhoWaitsForACancelledOneGoesOn) {
  const auto engine = start(true);
  const std::vector<TokenId> common = prompt_of(3000, 1);
  const auto first = test::submit(*engine, greedy(common + prompt_of(5, 2), 5));
  const auto second = test::submit(*engine, greedy(common + prompt_of(6, 3), 5));
  first->cancel();
  collect(*first);
  EXPECT_EQ(collect(*second).tokens, alone(common + prompt_of(6, 3), 5));
}

// Requests over few beginnings, in a cache that holds only some of them, cancelled now and then:
// every output is what it is alone, and at the end no sequence has a block.
TEST_F(PrefixReuse, RandomRequestsGiveWhatTheyGiveAlone) {
  constexpr int kBlocks = 24;
  const auto engine = start(true, kBlocks);
  std::mt19937 random(11);
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  struct Job {
    std::vector<TokenId> prompt;
    int tokens;
    std::shared_ptr<TokenStream> stream;
  };
  std::vector<Job> jobs;
  for (int round = 0; round < 40; ++round) {
    jobs.clear();
    for (int i = 0; i < 5; ++i) {
      std::vector<TokenId> prompt = prompt_of(1 + below(200), below(3));
      if (below(2) == 0) prompt = prompt + prompt_of(1 + below(60), below(50));
      Job job{prompt, 1 + below(70), nullptr};
      job.stream = test::submit(*engine, greedy(prompt, job.tokens));
      if (below(6) == 0) job.stream->cancel();
      jobs.push_back(std::move(job));
    }
    for (const Job& job : jobs) {
      const Output out = collect(*job.stream);
      const std::vector<TokenId> expected = alone(job.prompt, job.tokens);
      if (out.finish.reason == FinishReason::cancelled) {
        ASSERT_LE(out.tokens.size(), expected.size());
        ASSERT_TRUE(std::equal(out.tokens.begin(), out.tokens.end(), expected.begin()));
      } else {
        ASSERT_EQ(out.tokens, expected) << round;
      }
    }
  }
  EXPECT_GT(engine->stats().cached_prompt_tokens, 0);
  EXPECT_GT(engine->stats().kv_evictions, 0) << "the cache had room for all";
  EXPECT_EQ(engine->stats().kv_blocks_used, 0);
  // All blocks can be had by one sequence.
  const std::vector<TokenId> all = prompt_of(kBlocks * kernels::kKvBlockTokens - 1, 9);
  EXPECT_EQ(run(*engine, greedy(all, -1)).tokens.size(), 1u);
}

}  // namespace
}  // namespace pincer
