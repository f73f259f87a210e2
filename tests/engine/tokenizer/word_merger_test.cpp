#include "engine/tokenizer/word_merger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "engine/tokenizer/merge_table.h"

namespace pincer::bpe {
namespace {

using Ids = std::vector<TokenId>;

Ids merged(const MergeTable& table, const Ids& symbols) {
  WordMerger merger(table);
  Ids out;
  merger.append(symbols, out);
  return out;
}

TEST(MergeTable, FindsWhatWasInserted) {
  MergeTable table(1000);
  for (TokenId i = 0; i < 1000; ++i) {
    table.insert(i * 37, 65536 * (i % 7), {static_cast<std::uint32_t>(i), i + 5});
  }
  for (TokenId i = 0; i < 1000; ++i) {
    const Merge* found = table.find(i * 37, 65536 * (i % 7));
    ASSERT_NE(found, nullptr) << i;
    EXPECT_EQ(found->rank, static_cast<std::uint32_t>(i));
    EXPECT_EQ(found->result, i + 5);
    EXPECT_EQ(table.find(65536 * (i % 7), i * 37 + 1), nullptr) << i;
  }
}

TEST(MergeTable, KeepsTheFirstMergeOfAPair) {
  MergeTable table(2);
  table.insert(1, 2, {0, 10});
  table.insert(1, 2, {1, 11});
  EXPECT_EQ(table.find(1, 2)->result, 10);
}

TEST(MergeTable, MayBeEmpty) { EXPECT_EQ(MergeTable(0).find(0, 0), nullptr); }

TEST(WordMerger, LeavesWordsWithoutMergesAlone) {
  const MergeTable table(0);
  EXPECT_EQ(merged(table, {}), Ids{});
  EXPECT_EQ(merged(table, {7}), Ids{7});
  EXPECT_EQ(merged(table, {7, 8, 7}), (Ids{7, 8, 7}));
}

TEST(WordMerger, TakesTheBestRankFirst) {
  MergeTable table(2);
  table.insert(2, 3, {0, 23});
  table.insert(1, 2, {1, 12});
  EXPECT_EQ(merged(table, {1, 2, 3}), (Ids{1, 23}));
}

TEST(WordMerger, TakesTheLeftmostOfEqualPairs) {
  MergeTable table(1);
  table.insert(1, 1, {0, 11});
  EXPECT_EQ(merged(table, {1, 1, 1}), (Ids{11, 1}));
}

TEST(WordMerger, MergesMergedTokensEvenWhenTheirRankIsBetter) {
  MergeTable table(2);
  table.insert(1, 2, {5, 12});
  table.insert(12, 3, {0, 123});
  EXPECT_EQ(merged(table, {1, 2, 3, 1, 2}), (Ids{123, 12}));
}

TEST(WordMerger, ForgetsPairsThatAreNoMore) {
  // 1 and 2 were to merge second, but 2 is gone by then; what 1 stands before now comes last.
  MergeTable table(4);
  table.insert(2, 3, {0, 23});
  table.insert(1, 2, {1, 12});
  table.insert(23, 4, {2, 234});
  table.insert(1, 23, {3, 123});
  EXPECT_EQ(merged(table, {1, 2, 3, 4}), (Ids{1, 234}));
}

TEST(WordMerger, AppendsAndCanBeUsedAgain) {
  MergeTable table(1);
  table.insert(1, 2, {0, 12});
  WordMerger merger(table);
  Ids out = {99};
  merger.append(Ids{1, 2, 2, 1, 2}, out);
  merger.append(Ids{2, 1}, out);
  EXPECT_EQ(out, (Ids{99, 12, 2, 12, 2, 1}));
}

// The definition, in quadratic time.
Ids merged_slowly(const std::map<std::pair<TokenId, TokenId>, Merge>& merges, Ids word) {
  while (true) {
    const Merge* best = nullptr;
    std::size_t where = 0;
    for (std::size_t i = 0; i + 1 < word.size(); ++i) {
      const auto found = merges.find({word[i], word[i + 1]});
      if (found != merges.end() && (best == nullptr || found->second.rank < best->rank)) {
        best = &found->second;
        where = i;
      }
    }
    if (best == nullptr) return word;
    word[where] = best->result;
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(where) + 1);
  }
}

TEST(WordMerger, EqualsTheDefinitionOnRandomMerges) {
  std::mt19937 random(4711);
  for (int round = 0; round < 300; ++round) {
    // Four symbols; each merge makes a new token from two that exist, the ranks in random order.
    std::map<std::pair<TokenId, TokenId>, Merge> merges;
    std::vector<std::uint32_t> ranks(40);
    for (std::uint32_t i = 0; i < ranks.size(); ++i) ranks[i] = i;
    std::shuffle(ranks.begin(), ranks.end(), random);
    TokenId tokens = 4;
    MergeTable table(ranks.size());
    for (const std::uint32_t rank : ranks) {
      // The first few tokens only, so that most merges can be reached.
      const auto choices = static_cast<unsigned>(std::min(tokens, 10));
      const auto left = static_cast<TokenId>(random() % choices);
      const auto right = static_cast<TokenId>(random() % choices);
      if (!merges.emplace(std::pair{left, right}, Merge{rank, tokens}).second) continue;
      table.insert(left, right, {rank, tokens});
      ++tokens;
    }
    Ids word(random() % 60);
    for (TokenId& id : word) id = static_cast<TokenId>(random() % 4);
    ASSERT_EQ(merged(table, word), merged_slowly(merges, word)) << "round " << round;
  }
}

// A quadratic algorithm would take hours here.
TEST(WordMerger, EncodesAMillionSymbols) {
  MergeTable table(2);
  table.insert(1, 1, {0, 2});
  table.insert(2, 2, {1, 4});
  const Ids out = merged(table, Ids(1'000'003, 1));
  ASSERT_EQ(out.size(), 250'002u);
  EXPECT_EQ(out.front(), 4);
  EXPECT_EQ(out[250'000], 2);
  EXPECT_EQ(out[250'001], 1);
}

}  // namespace
}  // namespace pincer::bpe
