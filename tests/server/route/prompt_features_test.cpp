#include "server/route/prompt_features.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "server/route/prompt_score.h"

namespace pincer {
namespace {

float feature(std::string_view prompt, std::string_view name) {
  const auto found = std::ranges::find(kPromptFeatures, name);
  EXPECT_NE(found, kPromptFeatures.end()) << name;
  return prompt_features(prompt)[static_cast<std::size_t>(found - kPromptFeatures.begin())];
}

constexpr std::string_view kChoices =
    "Which of these is NOT a law of 1871?\n"
    "A. heat flows\nB. heat stays\nC. 12\nD. laws of heat\nAnswer:";

TEST(PromptFeatures, CountsWordsNumbersAndSigns) {
  EXPECT_FLOAT_EQ(feature("If 3 + 4.5 = x, then?", "numbers"), std::log1p(2.0F));
  EXPECT_FLOAT_EQ(feature("If 3 + 4.5 = x, then?", "operators"), std::log1p(2.0F));
  EXPECT_FLOAT_EQ(feature("one two one two", "distinct_words"), 0.5F);
  EXPECT_FLOAT_EQ(feature("One two ONE Two", "distinct_words"), 0.5F);
  EXPECT_FLOAT_EQ(feature("a bb cccc", "word_length"), 7.0F / 3);
  EXPECT_FLOAT_EQ(feature("He saw Ann. She saw him.", "proper_names"), 1.0F / 6);
  EXPECT_FLOAT_EQ(feature("How many are there?", "how_many"), 1);
  EXPECT_FLOAT_EQ(feature("Many how are there?", "how_many"), 0);
  EXPECT_FLOAT_EQ(feature("Is it?  ", "no_question_mark"), 0);
  EXPECT_FLOAT_EQ(feature("It is. Is it? So", "no_question_mark"), 1);
  EXPECT_FLOAT_EQ(feature("Made in 1871", "years"), 1);
  EXPECT_FLOAT_EQ(feature("Made of 18710", "years"), 0);
}

TEST(PromptFeatures, TakesChoicesApart) {
  EXPECT_FLOAT_EQ(feature(kChoices, "choices"), 4);
  EXPECT_FLOAT_EQ(feature(kChoices, "negation"), 1);
  EXPECT_FLOAT_EQ(feature(kChoices, "choice_numbers"), 0.25F);
  // Of heat, flows, heat, stays, laws, heat ("of" says nothing): two are in an earlier choice.
  EXPECT_FLOAT_EQ(feature(kChoices, "choice_repeats"), 2.0F / 6);
  EXPECT_FLOAT_EQ(feature(kChoices, "choice_echoes"), 0);
  EXPECT_FLOAT_EQ(feature("A. B. Smith wrote", "choices"), 0);
}

TEST(PromptFeatures, IgnoresTheCueAtTheEnd) {
  EXPECT_EQ(prompt_features("Why?"), prompt_features("Why?\nAnswer: \n"));
}

TEST(PromptFeatures, TakesAnyBytes) {
  for (int c = 0; c < 256; ++c) {
    const std::string text(5000, static_cast<char>(c));
    for (const float value : prompt_features(text)) EXPECT_TRUE(std::isfinite(value));
  }
  std::string words;
  for (int i = 0; i < 3000; ++i) words += {static_cast<char>('a' + i % 26), ' '};
  EXPECT_GT(feature(words, "distinct_words"), 0);
  for (const float value : prompt_features("")) EXPECT_TRUE(std::isfinite(value));
}

TEST(PromptScore, IsBetweenNothingAndOneAndKeepsItsOrder) {
  PromptFeatures features = prompt_features("What is 2 + 2?");
  double last = 0;
  for (float length = 0; length < 12; length += 0.25F) {
    features[0] = length;
    const double score = prompt_score(features);
    EXPECT_GT(score, 0);
    EXPECT_LT(score, 1);
    EXPECT_GE(score, last);  // the weight of length is positive; it is clipped at both ends
    last = score;
  }
  EXPECT_GT(last, 0.5);
}

TEST(PromptScore, FindsAChoreEasierThanAProblem) {
  EXPECT_LT(
      prompt_score("Hi there!"),
      prompt_score("If the sum of two statements of the first kind is greater than the sum of "
                   "the second, and if, when the third is false, the fourth is not, when is "
                   "the fifth, which says that the first is false, of the same kind as the "
                   "first, the second, and the third?"));
}

}  // namespace
}  // namespace pincer
