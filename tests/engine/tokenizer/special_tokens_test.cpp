#include "engine/tokenizer/special_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace pincer::bpe {
namespace {

// All matches as "text@begin", separated by spaces.
std::string matches(const SpecialTokens& tokens, std::string_view text) {
  std::string found;
  for (std::size_t pos = 0;;) {
    const auto match = tokens.find(text, pos);
    if (!match) return found;
    if (!found.empty()) found += ' ';
    found += std::to_string(match->id) + "@" + std::to_string(match->begin);
    EXPECT_GT(match->end, match->begin);
    pos = match->end;
  }
}

TEST(SpecialTokens, FindsNothingWithoutTokens) {
  EXPECT_EQ(matches(SpecialTokens({}), "<|im_end|>"), "");
  EXPECT_EQ(matches(SpecialTokens({{"", 1}}), "abc"), "");
}

TEST(SpecialTokens, FindsEachInOrder) {
  const SpecialTokens tokens({{"<b>", 1}, {"<a>", 2}, {"!", 3}});
  EXPECT_EQ(matches(tokens, "x<a><b> <a>!"), "2@1 1@4 2@8 3@11");
}

TEST(SpecialTokens, PrefersTheLongest) {
  const SpecialTokens tokens({{"ab", 1}, {"abcd", 2}, {"a", 3}});
  EXPECT_EQ(matches(tokens, "abcd abc ab a"), "2@0 1@5 1@9 3@12");
}

TEST(SpecialTokens, PrefersTheEarliestOverALongerOneBehind) {
  const SpecialTokens tokens({{"ab", 1}, {"bcdef", 2}});
  EXPECT_EQ(matches(tokens, "abcdef"), "1@0");
}

TEST(SpecialTokens, RestartsInsideAFailedMatch) {
  const SpecialTokens tokens({{"<|end|>", 1}});
  EXPECT_EQ(matches(tokens, "<|<|end|>|end|>"), "1@2");
  EXPECT_EQ(matches(tokens, "<|end|"), "");
}

TEST(SpecialTokens, ComparesBytesAboveAscii) {
  const SpecialTokens tokens({{"<｜a｜>", 1}, {"<|a|>", 2}, {"\xFF\x80", 3}, {"\xFF\x7F", 4}});
  EXPECT_EQ(matches(tokens, "<｜a｜><|a|>\xFF\x7F\xFF\x80"), "1@0 2@9 4@14 3@16");
}

TEST(SpecialTokens, EqualsTheDefinitionOnRandomTokens) {
  std::mt19937 random(99);
  const auto random_word = [&](std::size_t max_size) {
    std::string word(1 + random() % max_size, 'a');
    for (char& c : word) c = static_cast<char>('a' + random() % 3);
    return word;
  };
  for (int round = 0; round < 300; ++round) {
    std::vector<SpecialToken> list;
    for (TokenId id = 0; id < 8; ++id) {
      std::string word = random_word(5);
      const bool known = std::any_of(list.begin(), list.end(),
                                     [&](const SpecialToken& token) { return token.text == word; });
      if (!known) list.push_back({std::move(word), id});
    }
    const SpecialTokens tokens(list);
    const std::string text = random_word(12);
    const SpecialToken* expected = nullptr;
    std::size_t begin = 0;
    for (; begin < text.size() && expected == nullptr; ++begin) {
      for (const SpecialToken& token : list) {
        const bool fits = std::string_view(text).substr(begin).starts_with(token.text);
        if (fits && (!expected || expected->text.size() < token.text.size())) expected = &token;
      }
    }
    const auto found = tokens.find(text, 0);
    ASSERT_EQ(found.has_value(), expected != nullptr) << text;
    if (expected == nullptr) continue;
    EXPECT_EQ(found->id, expected->id) << text;
    EXPECT_EQ(found->begin, begin - 1) << text;
    EXPECT_EQ(found->end, begin - 1 + expected->text.size()) << text;
  }
}

}  // namespace
}  // namespace pincer::bpe
