#include "engine/kv/prefix_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <list>
#include <random>
#include <set>

#include "pincer/kernels/attention.h"

namespace pincer {
namespace {

constexpr int kBlock = kernels::kKvBlockTokens;

using Tokens = std::vector<TokenId>;

Tokens text(int length, int seed) {
  Tokens tokens;
  for (int i = 0; i < length; ++i) tokens.push_back(seed * 1000 + i);
  return tokens;
}
Tokens operator+(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

class PrefixCacheTest : public testing::Test {
 protected:
  void make(int blocks, const std::vector<int>& windows = {0}) {
    cache_.reset();
    pools_.assign(windows.size(), BlockPool(blocks));
    cache_ = std::make_unique<PrefixCache>(pools_, windows);
  }
  // A sequence's blocks for so many tokens, as the engine takes them.
  KvBlocks take(int tokens) {
    KvBlocks blocks;
    for (std::size_t g = 0; g < pools_.size(); ++g) {
      blocks.groups.emplace_back();
      for (int i = 0; i < (tokens + kBlock - 1) / kBlock; ++i) {
        if (pools_[g].free() == 0 && !cache_->evict(static_cast<int>(g)))
          throw std::runtime_error("no block");
        blocks.groups[g].ids.push_back(pools_[g].take());
      }
    }
    return blocks;
  }
  void drop(const KvBlocks& blocks) {
    for (std::size_t g = 0; g < blocks.groups.size(); ++g) {
      for (const int b : blocks.groups[g].ids) {
        if (b >= 0) pools_[g].give_back(b);
      }
    }
  }
  // Computes the tokens, keeps them and ends.
  std::vector<int> finished(const Tokens& tokens) {
    KvBlocks blocks = take(static_cast<int>(tokens.size()));
    cache_->insert(tokens, blocks);
    drop(blocks);
    return blocks.groups[0].ids;
  }
  PrefixCache::Match find(const Tokens& tokens) const { return cache_->find(tokens, 1 << 20); }

  std::vector<BlockPool> pools_;
  std::unique_ptr<PrefixCache> cache_;
};

TEST_F(PrefixCacheTest, FindsTheLongestPrefixInWholeBlocks) {
  make(20);
  const std::vector<int> ids = finished(text(3 * kBlock, 1));
  EXPECT_EQ(find(text(3 * kBlock, 1) + text(9, 2)).tokens, 3 * kBlock);
  const PrefixCache::Match match = find(text(2 * kBlock, 1) + text(40, 2));
  EXPECT_EQ(match.tokens, 2 * kBlock);
  EXPECT_EQ(match.blocks.groups[0].ids, (std::vector<int>{ids[0], ids[1]}));
  EXPECT_EQ(find(text(100, 3)).tokens, 0);
  EXPECT_EQ(find({}).tokens, 0);
}

TEST_F(PrefixCacheTest, ABlockMayMatchInPart) {
  make(20);
  const std::vector<int> ids = finished(text(2 * kBlock, 1));
  const PrefixCache::Match match = find(text(kBlock + 7, 1) + text(40, 2));
  EXPECT_EQ(match.tokens, kBlock + 7);
  EXPECT_EQ(match.blocks.groups[0].ids, ids);
  // The same through the limit: the last token of a prompt is computed in any case.
  EXPECT_EQ(cache_->find(text(2 * kBlock, 1), 2 * kBlock - 1).tokens, 2 * kBlock - 1);
}

TEST_F(PrefixCacheTest, OfSeveralBranchesTheLongestCommonStartIsTaken) {
  make(20);
  const Tokens head = text(kBlock, 1);
  finished(head + Tokens{10, 20, 30} + text(kBlock, 2));
  finished(head + Tokens{10, 20, 40} + text(kBlock, 3));
  finished(head + Tokens{50} + text(kBlock, 4));
  EXPECT_EQ(cache_->nodes(), 1 + 3 * 2);
  EXPECT_EQ(find(head + Tokens{10, 20, 35}).tokens, kBlock + 2);
  EXPECT_EQ(find(head + Tokens{10, 20, 40, 1}).tokens, kBlock + 3);
  EXPECT_EQ(find(head + Tokens{50, 1}).tokens, kBlock + 1);
  EXPECT_EQ(find(head + Tokens{60}).tokens, kBlock);
}

TEST_F(PrefixCacheTest, APartlyFilledEndIsKeptUntilItIsContinued) {
  make(20);
  finished(text(kBlock + 5, 1));
  EXPECT_EQ(cache_->nodes(), 2);
  EXPECT_EQ(find(text(2 * kBlock, 1)).tokens, kBlock + 5);
  finished(text(kBlock + 3, 1));  // is there already
  EXPECT_EQ(cache_->nodes(), 2);
  EXPECT_EQ(pools_[0].idle(), 2);
  finished(text(2 * kBlock + 1, 1));
  EXPECT_EQ(cache_->nodes(), 3);
  EXPECT_EQ(pools_[0].free(), 17);
  EXPECT_EQ(find(text(3 * kBlock, 1)).tokens, 2 * kBlock + 1);
}

TEST_F(PrefixCacheTest, WhoComputedTheSameGetsTheBlocksThatAreThere) {
  make(20);
  KvBlocks first = take(2 * kBlock), second = take(2 * kBlock);
  cache_->insert(text(2 * kBlock, 1), first);
  cache_->insert(text(2 * kBlock, 1), second);
  EXPECT_EQ(first.groups[0].ids, second.groups[0].ids);
  EXPECT_EQ(pools_[0].free(), 18);
  drop(first);
  EXPECT_EQ(pools_[0].idle(), 0) << "the second one still uses them";
  drop(second);
  EXPECT_EQ(pools_[0].idle(), 2);
}

TEST_F(PrefixCacheTest, EvictsWhatWasUsedLongestAgo) {
  make(6);
  for (const int seed : {1, 2, 3}) finished(text(2 * kBlock, seed));
  drop(cache_->share(text(2 * kBlock, 1), 2 * kBlock).blocks);  // 1 is used again: 2 is the oldest
  finished(text(kBlock, 4));
  EXPECT_EQ(find(text(2 * kBlock, 2)).tokens, kBlock) << "its leaf goes first";
  finished(text(kBlock, 5));
  EXPECT_EQ(find(text(2 * kBlock, 2)).tokens, 0);
  finished(text(kBlock, 6));
  EXPECT_EQ(find(text(2 * kBlock, 3)).tokens, kBlock);
  EXPECT_EQ(find(text(2 * kBlock, 1)).tokens, 2 * kBlock);
  EXPECT_EQ(cache_->evictions(), 3);
}

TEST_F(PrefixCacheTest, NeverEvictsWhatIsInUse) {
  make(4);
  finished(text(2 * kBlock, 1));
  const PrefixCache::Match match = cache_->share(text(2 * kBlock, 1), 2 * kBlock);
  EXPECT_EQ(find(text(2 * kBlock, 1)).in_use, 2);
  EXPECT_FALSE(cache_->evict(0));
  finished(text(2 * kBlock, 2));
  EXPECT_TRUE(cache_->evict(0));
  EXPECT_TRUE(cache_->evict(0));
  EXPECT_FALSE(cache_->evict(0));
  EXPECT_EQ(find(text(2 * kBlock, 1)).tokens, 2 * kBlock);
  drop(match.blocks);
  EXPECT_TRUE(cache_->evict(0));
}

TEST_F(PrefixCacheTest, AVeryLongTextIsTakenDownWithoutRecursion) {
  constexpr int kLong = 200000;
  make(kLong);
  KvBlocks blocks = take(kLong * kBlock);
  cache_->insert(text(kLong * kBlock, 0), blocks);
  drop(blocks);
  EXPECT_EQ(pools_[0].idle(), kLong);
  cache_.reset();
  EXPECT_EQ(pools_[0].free(), kLong);
}

// A window of 2 blocks: a prefix is usable where its last two blocks are there for that group.
TEST_F(PrefixCacheTest, AWindowedGroupLimitsWhatIsUsable) {
  make(20, {0, 2 * kBlock});
  const Tokens tokens = text(6 * kBlock, 1);
  KvBlocks blocks = take(6 * kBlock);
  cache_->insert(std::span(tokens).first(3 * kBlock), blocks);
  // Blocks 3 and 4 were given back before anybody could keep them.
  for (const std::size_t i : {3, 4})
    pools_[1].give_back(std::exchange(blocks.groups[1].ids[i], -1));
  cache_->insert(tokens, blocks);
  drop(blocks);
  EXPECT_EQ(find(tokens).tokens, 3 * kBlock);
  const PrefixCache::Match match = find(tokens);
  EXPECT_EQ(match.blocks.groups[0].ids.size(), 3u);
  EXPECT_EQ(match.blocks.groups[1].ids[0], -1) << "no row after 96 tokens sees the first 32";
  EXPECT_EQ(match.blocks.groups[1].first, 1);
  EXPECT_GE(match.blocks.groups[1].ids[1], 0);
  EXPECT_EQ(find(text(3 * kBlock - 1, 1)).tokens, 3 * kBlock - 1);
}

TEST_F(PrefixCacheTest, AWindowedBlockIsEvictedWithoutItsNode) {
  make(4, {0, kBlock});
  finished(text(4 * kBlock, 1));
  drop(cache_->share(text(4 * kBlock, 1), 4 * kBlock).blocks);  // uses the last window
  EXPECT_TRUE(cache_->evict(1));
  EXPECT_EQ(cache_->nodes(), 4);
  EXPECT_EQ(find(text(4 * kBlock, 1)).tokens, 4 * kBlock);
  EXPECT_TRUE(cache_->evict(1));
  EXPECT_TRUE(cache_->evict(1));
  EXPECT_EQ(find(text(4 * kBlock, 1)).tokens, 4 * kBlock) << "what is used was evicted first";
  EXPECT_TRUE(cache_->evict(1));
  EXPECT_EQ(find(text(4 * kBlock, 1)).tokens, 0);
  EXPECT_FALSE(cache_->evict(1));
}

// The same requests against a list of all texts that were ever finished: with room for everything
// the longest common start is found exactly; with less, never more than that, and what is found is
// right. Block b holds the tokens that content[b] says.
class Differential : public PrefixCacheTest, public testing::WithParamInterface<int> {};

TEST_P(Differential, FindsWhatANaiveSearchFinds) {
  const int blocks = GetParam();
  make(blocks);
  std::mt19937 random(static_cast<unsigned>(blocks));
  const auto below = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n)); };
  std::vector<Tokens> texts;
  std::vector<Tokens> content(static_cast<std::size_t>(blocks));
  std::list<std::pair<KvBlocks, Tokens>> running;
  for (int round = 0; round < 3000; ++round) {
    // Mostly a continuation of something earlier, of two letters: common starts are frequent.
    Tokens tokens;
    if (!texts.empty()) {
      tokens = texts[static_cast<std::size_t>(below(static_cast<int>(texts.size())))];
      tokens.resize(static_cast<std::size_t>(below(static_cast<int>(tokens.size()) + 1)));
    }
    for (int i = below(50) + 1; i > 0; --i) tokens.push_back(below(2));
    tokens.resize(std::min<std::size_t>(tokens.size(), 4 * kBlock));

    std::size_t longest = 0;
    for (const Tokens& t : texts) {
      const auto ends = std::mismatch(t.begin(), t.end(), tokens.begin(), tokens.end());
      longest = std::max(longest, static_cast<std::size_t>(ends.first - t.begin()));
    }
    PrefixCache::Match match = cache_->share(tokens, static_cast<int>(tokens.size()));
    const auto found = static_cast<std::size_t>(match.tokens);
    ASSERT_LE(found, longest);
    if (blocks > 10000) {
      ASSERT_EQ(found, longest);
    }
    std::vector<int>& ids = match.blocks.groups[0].ids;
    for (std::size_t i = 0; i < found; ++i) {
      ASSERT_EQ(content[static_cast<std::size_t>(ids[i / kBlock])].at(i % kBlock), tokens[i]);
    }
    if (found % kBlock != 0) {  // what is used in part is not written to
      pools_[0].give_back(ids.back());
      ids.pop_back();
    }
    while (static_cast<int>(ids.size()) * kBlock < static_cast<int>(tokens.size())) {
      if (pools_[0].free() == 0 && !cache_->evict(0)) {
        drop(running.front().first);
        running.pop_front();
        continue;
      }
      const int block = pools_[0].take();
      const auto from = tokens.begin() + static_cast<std::ptrdiff_t>(ids.size()) * kBlock;
      content[static_cast<std::size_t>(block)] =
          Tokens(from, from + std::min<std::ptrdiff_t>(kBlock, tokens.end() - from));
      ids.push_back(block);
    }
    running.emplace_back(std::move(match.blocks), tokens);
    if (running.size() > 3) {
      cache_->insert(running.front().second, running.front().first);
      texts.push_back(running.front().second);
      drop(running.front().first);
      running.pop_front();
    }
    ASSERT_GE(pools_[0].idle(), 0);
    ASSERT_EQ(
        cache_->nodes(), pools_[0].total() - pools_[0].free() - [&] {
          std::set<int> own;  // of running sequences, not in the tree
          for (const auto& [b, t] : running) {
            for (const int id : b.groups[0].ids) {
              if (!pools_[0].is_cached(id)) own.insert(id);
            }
          }
          return static_cast<int>(own.size());
        }());
  }
  for (const auto& [b, t] : running) drop(b);
  EXPECT_EQ(pools_[0].free() + pools_[0].idle(), blocks);
  cache_.reset();
  EXPECT_EQ(pools_[0].free(), blocks);
}

INSTANTIATE_TEST_SUITE_P(Rooms, Differential, testing::Values(17, 40, 300, 20000));

}  // namespace
}  // namespace pincer
