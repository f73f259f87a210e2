// Expected values from the definition of the form, https://unicode.org/reports/tr15/; whole texts
// are compared with transformers in golden_texts_test.cpp.
#include "engine/tokenizer/normalize.h"

#include <gtest/gtest.h>

#include <string>

namespace pincer::bpe {
namespace {

TEST(Compose, JoinsLettersAndMarks) {
  EXPECT_EQ(compose("e\u0301"), "\u00E9");
  EXPECT_EQ(compose("xe\u0301x"), "x\u00E9x");
  EXPECT_EQ(compose("\u1100\u1161\u11A8"), "\uAC01");
  EXPECT_EQ(compose("plain \u4F60"), "plain \u4F60");
  EXPECT_EQ(compose(""), "");
}

TEST(Compose, OrdersMarksByClass) {
  EXPECT_EQ(compose("q\u0307\u0323"), "q\u0323\u0307");
  EXPECT_EQ(compose("a\u0301\u0323"), "\u1EA1\u0301");
  EXPECT_EQ(compose("\u0301\u0323z"), "\u0323\u0301z");
}

TEST(Compose, ReplacesSingletonsAndExclusions) {
  EXPECT_EQ(compose("\u212B"), "\u00C5");
  EXPECT_EQ(compose("\u0958"), "\u0915\u093C");
}

TEST(Compose, KeepsInvalidBytesInPlace) {
  EXPECT_EQ(compose("\xFF"
                    "e\u0301\xC3"),
            "\xFF\u00E9\xC3");
  EXPECT_EQ(compose("e\xFF\u0301"), "e\xFF\u0301");
}

// Sorting by neighbours would take quadratic time.
TEST(Compose, TakesLongRunsOfMarks) {
  std::string text = "a", below, above;
  for (int i = 0; i < 100'000; ++i) {
    text += "\u0307\u0323";
    above += "\u0307";
    below += "\u0323";
  }
  // The first mark below composes with the letter.
  EXPECT_EQ(compose(text), "\u1EA1" + below.substr(2) + above);
}

}  // namespace
}  // namespace pincer::bpe
