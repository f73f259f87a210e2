#include "engine/speculate/ngram_index.h"

#include <gtest/gtest.h>

#include <random>

namespace pincer {
namespace {

using Tokens = std::vector<TokenId>;

NgramIndex::Match slow_find(const Tokens& tokens) {
  const int size = static_cast<int>(tokens.size());
  for (int n = NgramIndex::kLongest; n >= NgramIndex::kShortest; --n) {
    for (int end = size - 1; end >= n; --end) {
      if (std::equal(tokens.end() - n, tokens.end(), tokens.begin() + end - n)) return {n, end};
    }
  }
  return {};
}

TEST(NgramIndex, FindsNothingInNothing) {
  NgramIndex index;
  for (const Tokens& tokens : {Tokens{}, Tokens{1}, Tokens{1, 2}, Tokens{1, 2, 3}}) {
    index.extend(tokens);
    EXPECT_EQ(index.find(tokens).length, 0);
  }
}

TEST(NgramIndex, TheLongestMatchCountsThenTheLast) {
  NgramIndex index;
  const Tokens tokens = {1, 2, 3, 4, 50, 9, 3, 4, 60, 8, 3, 4, 70, 1, 2, 3, 4};
  index.extend(tokens);
  EXPECT_EQ(index.find(tokens).length, 4);
  EXPECT_EQ(index.find(tokens).position, 4);
  const Tokens shorter = {1, 2, 3, 4, 50, 9, 3, 4, 60, 8, 3, 4, 70, 7, 3, 4};
  NgramIndex second;
  second.extend(shorter);
  EXPECT_EQ(second.find(shorter).length, 2);
  EXPECT_EQ(second.find(shorter).position, 12);
}

// Few different tokens, so that there are many repetitions; taken in a few at a time.
TEST(NgramIndex, AgreesWithASearchOfTheWholeText) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const unsigned alphabet = 2 + seed % 12;
    NgramIndex index;
    Tokens tokens;
    while (tokens.size() < 700) {
      for (unsigned i = random() % 9; i-- > 0;) {
        tokens.push_back(static_cast<TokenId>(random() % alphabet));
      }
      index.extend(tokens);
      const auto found = index.find(tokens), expected = slow_find(tokens);
      ASSERT_EQ(found.length, expected.length) << "seed " << seed << ", " << tokens.size();
      ASSERT_EQ(found.position, expected.position) << "seed " << seed << ", " << tokens.size();
    }
  }
}

}  // namespace
}  // namespace pincer
