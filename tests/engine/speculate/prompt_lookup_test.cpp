#include "engine/speculate/prompt_lookup.h"

#include <gtest/gtest.h>

#include <numeric>
#include <random>

namespace pincer {
namespace {

using Tokens = std::vector<TokenId>;

Tokens numbers(int from, int count) {
  Tokens out(static_cast<std::size_t>(count));
  std::iota(out.begin(), out.end(), from);
  return out;
}

Tokens operator+(Tokens a, const Tokens& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

TEST(PromptLookup, NothingWasThereBefore) {
  PromptLookup lookup;
  EXPECT_TRUE(lookup.propose({}, 8).tokens.empty());
  EXPECT_TRUE(lookup.propose(numbers(1, 30), 8).tokens.empty());
}

TEST(PromptLookup, ProposesWhatFollowedBefore) {
  PromptLookup lookup;
  const auto p = lookup.propose(numbers(1, 30) + Tokens{11, 12, 13, 14}, 5);
  EXPECT_EQ(p.tokens, numbers(15, 5));
  EXPECT_EQ(p.source, DraftSource::ngram4);
  PromptLookup second;
  EXPECT_EQ(second.propose(numbers(1, 30) + Tokens{77, 11, 12}, 5).source, DraftSource::ngram2);
}

TEST(PromptLookup, ARepetitionGoesOn) {
  PromptLookup lookup;
  EXPECT_EQ(lookup.propose(Tokens{5, 6, 7, 5, 6, 7, 5, 6}, 7).tokens,
            (Tokens{7, 5, 6, 7, 5, 6, 7}));
}

TEST(PromptLookup, NeverMoreThanAskedFor) {
  PromptLookup lookup;
  const Tokens tokens = numbers(1, 30) + numbers(1, 4);
  for (const int most : {3, 1, 0, -1}) {
    EXPECT_EQ(lookup.propose(tokens, most).tokens.size(),
              static_cast<std::size_t>(std::max(0, most)));
  }
}

// The last of several places follows unless the cursor says that it is another one.
TEST(PromptLookup, TheCursorStaysWhereItCopies) {
  const Tokens source = Tokens{1, 2, 3, 4, 50, 51, 52} + Tokens{1, 2, 3, 4, 60, 61, 62};
  PromptLookup lookup;
  Tokens text = source + Tokens{900, 50, 51};  // by the two tokens behind the first occurrence
  EXPECT_EQ(lookup.propose(text, 3).tokens, (Tokens{52, 1, 2}));
  text = text + Tokens{52, 1, 2, 3, 4};
  const auto p = lookup.propose(text, 3);
  EXPECT_EQ(p.source, DraftSource::cursor);
  EXPECT_EQ(p.tokens, (Tokens{60, 61, 62}));
}

// How many steps it takes to copy `edited` after `source`, if every right proposal is taken.
int steps_to_copy(const Tokens& source, const Tokens& edited, int most) {
  PromptLookup lookup;
  Tokens text = source;
  int steps = 0;
  for (std::size_t done = 0; done < edited.size(); ++steps) {
    const auto p = lookup.propose(text, most);
    std::size_t right = 0;
    while (right < p.tokens.size() && done + right < edited.size() &&
           p.tokens[right] == edited[done + right]) {
      ++right;
    }
    const std::size_t take = std::min(right + 1, edited.size() - done);
    for (std::size_t i = 0; i < take; ++i) text.push_back(edited[done + i]);
    done += take;
  }
  return steps;
}

TEST(PromptLookup, GoesOnBehindAChange) {
  const Tokens source = numbers(1, 400) + Tokens{900, 901};
  const Tokens start = numbers(1, 2);
  const int unchanged = steps_to_copy(source, numbers(1, 400), 15);
  EXPECT_LE(unchanged, 28);
  Tokens renamed = numbers(1, 400), dropped, inserted;
  for (std::size_t i = 40; i < 400; i += 40) renamed[i] = 1000;
  for (int i = 1; i <= 400; ++i) {
    if (i % 40 != 0) dropped.push_back(i);
    inserted.push_back(i);
    if (i % 40 == 0) inserted.push_back(1001);
  }
  // A change costs the step that finds it, and at most two more.
  EXPECT_LE(steps_to_copy(source, renamed, 15), unchanged + 2 * 9);
  EXPECT_LE(steps_to_copy(source, dropped, 15), unchanged + 2 * 10);
  EXPECT_LE(steps_to_copy(source, inserted, 15), unchanged + 3 * 10);
}

TEST(PromptLookup, AnyTextIsFine) {
  for (unsigned seed = 1; seed <= 60; ++seed) {
    std::mt19937 random(seed);
    PromptLookup lookup;
    Tokens text;
    for (int round = 0; round < 200; ++round) {
      const auto p = lookup.propose(text, static_cast<int>(random() % 20));
      // Some of what was proposed, and then something else.
      std::size_t take = p.tokens.empty() ? 0 : random() % (p.tokens.size() + 1);
      text.insert(text.end(), p.tokens.begin(),
                  p.tokens.begin() + static_cast<std::ptrdiff_t>(take));
      for (unsigned i = random() % 4; i-- > 0;) {
        text.push_back(static_cast<TokenId>(random() % (2 + seed % 9)));
      }
      for (const TokenId t : p.tokens) {
        ASSERT_NE(std::find(text.begin(), text.end(), t), text.end());
      }
    }
  }
}

}  // namespace
}  // namespace pincer
