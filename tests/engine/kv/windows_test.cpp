// Layers with a sliding window: they give blocks back, and nothing changes.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "engine/kv/kv_store.h"
#include "engine/model/forward.h"
#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::collect;
using test::greedy;
using test::prompt_of;
using test::run;

constexpr int kWindowBlock = kernels::kKvBlockTokens;

class Windows : public testing::Test {
 protected:
  // Four layers; those of `windowed` see the last `window` keys.
  std::shared_ptr<const Model> model(int window, std::vector<bool> windowed,
                                     bool reference = false) {
    test::TinyShape shape;
    shape.layers = static_cast<int>(windowed.size());
    shape.context = 4096;
    // The copy points into the original's weights, and those into its file.
    folders_.push_back(std::make_unique<test::TemporaryFolder>());
    originals_.push_back(test::load_tiny(folders_.back()->path(), shape, reference));
    Model m = *originals_.back().model;
    m.config.sliding_window = window;
    m.config.windowed = std::move(windowed);
    m.config.window_rope = m.config.rope;
    return std::make_shared<const Model>(std::move(m));
  }
  // The last token's logits after each chunk, blocks given back in between.
  static std::vector<std::vector<float>> logits(const Model& model, KvCacheOptions options,
                                                std::span<const TokenId> tokens, int chunk,
                                                int* most_blocks = nullptr) {
    Arena arena(2);
    KvStore kv(*KvCache::create(model, options), false);
    Forward forward(model, kv.cache(), arena, chunk);
    KvBlocks blocks;
    std::vector<std::vector<float>> out;
    for (std::size_t at = 0; at < tokens.size(); at += static_cast<std::size_t>(chunk)) {
      const std::size_t end = std::min(tokens.size(), at + static_cast<std::size_t>(chunk));
      kv.grow(blocks, static_cast<int>(end));
      const Chunk c{tokens.subspan(at, end - at), static_cast<int>(at), blocks};
      forward.run({&c, 1});
      const int last = static_cast<int>(end - at) - 1;
      const auto row = forward.logits({&last, 1});
      out.emplace_back(row.data, row.data + row.cols);
      kv.keep(blocks, tokens.first(end));
      if (most_blocks == nullptr || kv.cache().groups() < 2) continue;
      const BlockPool& pool = kv.cache().pools()[1];
      *most_blocks = std::max(*most_blocks, pool.total() - pool.free());
    }
    return out;
  }
  static KvCacheOptions grouped(const Model& m, int blocks) {
    KvCacheOptions options = KvCache::options_for(m, blocks, {});
    options.sequences = 1;
    options.rows = 64;
    options.context = 4096;
    return options;
  }

  std::vector<std::unique_ptr<test::TemporaryFolder>> folders_;
  std::vector<LoadedModel> originals_;
};

// A cache of one group keeps everything, and attention masks: the same logits.
TEST_F(Windows, GivingBlocksBackChangesNoLogit) {
  const std::vector<TokenId> tokens = prompt_of(500, 1);
  for (const bool reference : {false, true}) {
    const auto m = model(70, {true, true, false, true}, reference);
    for (const int chunk : {1, 31, 64}) {
      const auto kept = logits(*m, KvCache::options_for(*m, 20, {}), tokens, chunk);
      EXPECT_TRUE(logits(*m, grouped(*m, 20), tokens, chunk) == kept) << chunk;
      EXPECT_FALSE(std::isnan(kept.back().front()));
      if (reference) break;
    }
  }
}

TEST_F(Windows, TheWindowMatters) {
  const std::vector<TokenId> tokens = prompt_of(200, 1);
  const auto short_window = model(40, {true, true, false, true});
  const auto long_window = model(4000, {true, true, false, true});
  EXPECT_FALSE(logits(*short_window, grouped(*short_window, 20), tokens, 50) ==
               logits(*long_window, grouped(*long_window, 20), tokens, 50));
}

TEST_F(Windows, ASequenceHoldsTheWindowOnly) {
  const auto m = model(70, {true, true, false, true});
  int most = 0;
  logits(*m, grouped(*m, 200), prompt_of(2000, 1), 16, &most);
  EXPECT_LE(most, KvCache::blocks_for(70) + 1);
  EXPECT_GE(most, KvCache::blocks_for(70));
}

// Layers of one window make a group; that of all keys comes first, without layers if need be.
TEST_F(Windows, GroupsAndTheirRoom) {
  const auto m = model(70, {true, false, true, true});
  const KvCache cache = *KvCache::create(*m, grouped(*m, 100));
  EXPECT_EQ(cache.groups(), 2);
  EXPECT_EQ(cache.group_of(0), 1);
  EXPECT_EQ(cache.group_of(1), 0);
  EXPECT_EQ(cache.pools()[1].total(), KvCache::blocks_for(70) + 3 + KvCache::blocks_for(64));
  // What three of four layers do not need is left for the fourth, up to the context.
  EXPECT_EQ(cache.total(), KvCache::blocks_for(4096));
  const auto all = model(70, {true, true, true, true});
  EXPECT_EQ(KvCache::create(*all, grouped(*all, 100))->total(), KvCache::blocks_for(4096));
  // A small budget: no more of one group than of the other.
  EXPECT_EQ(KvCache::create(*m, grouped(*m, 3))->total(), 3);
  EXPECT_EQ(KvCache::create(*m, grouped(*m, 3))->pools()[1].total(), 3);
}

// As PrefixReuse.RandomRequestsGiveWhatTheyGiveAlone, with windows.
TEST_F(Windows, RandomRequestsGiveWhatTheyGiveAlone) {
  for (const std::vector<bool>& windowed :
       {std::vector<bool>{true, false, true, true}, std::vector<bool>{true, true}}) {
    const auto m = model(50, windowed);
    EngineOptions options;
    options.threads = 2;
    options.prefix_cache = false;
    const auto plain = std::move(*Engine::start(m, options));
    options.prefix_cache = true;
    options.max_active = 4;
    options.prefill_chunk = 64;
    options.kv_bytes = 24 * KvCache::block_bytes(*m);
    const auto engine = std::move(*Engine::start(m, options));
    std::mt19937 random(5);
    const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
    for (int round = 0; round < 12; ++round) {
      std::vector<std::pair<std::vector<TokenId>, std::shared_ptr<TokenStream>>> jobs;
      for (int i = 0; i < 6; ++i) {
        std::vector<TokenId> prompt = prompt_of(1 + below(300), below(3));
        for (const TokenId t : prompt_of(1 + below(30), below(40))) prompt.push_back(t);
        auto stream = test::submit(*engine, greedy(prompt, 40));
        jobs.emplace_back(std::move(prompt), std::move(stream));
      }
      for (const auto& [prompt, stream] : jobs)
        ASSERT_EQ(collect(*stream).tokens, run(*plain, greedy(prompt, 40)).tokens) << round;
    }
    EXPECT_GT(engine->stats().cached_prompt_tokens, 0);
  }
}

}  // namespace
}  // namespace pincer
