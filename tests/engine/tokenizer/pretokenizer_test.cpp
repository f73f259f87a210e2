// The expected words are derived by hand from the patterns in pretokenizer.cpp.
#include "engine/tokenizer/pretokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "tests/engine/tokenizer/toy_vocabulary.h"

namespace pincer::bpe {
namespace {

using Words = std::vector<std::string>;

Words split(std::string_view name, std::string_view text) {
  const PreTokenizer* pre = find_pretokenizer(name);
  Words words;
  if (pre == nullptr) {
    ADD_FAILURE() << "no pre-tokenizer " << name;
    return words;
  }
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t end = pre->word_end(text, pos);
    if (end <= pos || end > text.size()) {
      ADD_FAILURE() << "word [" << pos << ", " << end << ") of " << text.size() << " bytes";
      return words;
    }
    words.emplace_back(text.substr(pos, end - pos));
    pos = end;
  }
  return words;
}

class EveryPreTokenizer : public testing::TestWithParam<const char*> {
 protected:
  static Words words(std::string_view text) { return split(GetParam(), text); }
};

INSTANTIATE_TEST_SUITE_P(All, EveryPreTokenizer, testing::Values("default", "gpt-2", "smollm"));

TEST_P(EveryPreTokenizer, SplitsNothing) { EXPECT_EQ(words(""), Words{}); }

TEST_P(EveryPreTokenizer, KeepsOneSpaceWithTheWordBehindIt) {
  EXPECT_EQ(words("Hello world"), (Words{"Hello", " world"}));
  EXPECT_EQ(words(" Hello, you."), (Words{" Hello", ",", " you", "."}));
  EXPECT_EQ(words("a (b)"), (Words{"a", " (", "b", ")"}));
}

TEST_P(EveryPreTokenizer, LeavesTheLastSpaceToTheWord) {
  EXPECT_EQ(words("a   b"), (Words{"a", "  ", " b"}));
  EXPECT_EQ(words("a \n b"), (Words{"a", " \n", " b"}));
  EXPECT_EQ(words("  ?"), (Words{" ", " ?"}));
}

TEST_P(EveryPreTokenizer, OnlyAPlainSpaceJoinsAWord) {
  EXPECT_EQ(words("a\nb"), (Words{"a", "\n", "b"}));
  EXPECT_EQ(words("a\n\nb"), (Words{"a", "\n", "\n", "b"}));
  EXPECT_EQ(words("a \tb"), (Words{"a", " ", "\t", "b"}));
  EXPECT_EQ(words("a\u00A0b"), (Words{"a", "\u00A0", "b"}));
}

TEST_P(EveryPreTokenizer, KeepsSpacesAtTheEndTogether) {
  EXPECT_EQ(words("a \n\t "), (Words{"a", " \n\t "}));
  EXPECT_EQ(words(" "), (Words{" "}));
  EXPECT_EQ(words("\u3000\u2003"), (Words{"\u3000\u2003"}));
}

TEST_P(EveryPreTokenizer, SplitsContractions) {
  EXPECT_EQ(words("I'm you're he's she'll we'd they've can't"),
            (Words{"I", "'m", " you", "'re", " he", "'s", " she", "'ll", " we", "'d", " they",
                   "'ve", " can", "'t"}));
  EXPECT_EQ(words("'string"), (Words{"'s", "tring"}));
  EXPECT_EQ(words("'r 'v 'l"), (Words{"'", "r", " '", "v", " '", "l"}));
  EXPECT_EQ(words("IT'S"), (Words{"IT", "'", "S"}));
  EXPECT_EQ(words(" 's"), (Words{" '", "s"}));
  EXPECT_EQ(words("!'s"), (Words{"!'", "s"}));
  EXPECT_EQ(words("''s"), (Words{"''", "s"}));
  EXPECT_EQ(words("'"), (Words{"'"}));
}

TEST_P(EveryPreTokenizer, RunsOfLettersAndOfOthersCrossScripts) {
  EXPECT_EQ(words("naïve你好мир"), (Words{"naïve你好мир"}));
  EXPECT_EQ(words("a😀€!b"), (Words{"a", "😀€!", "b"}));
  EXPECT_EQ(words("e\u0301e"), (Words{"e", "\u0301", "e"}));
}

TEST_P(EveryPreTokenizer, TakesInvalidUtf8AsOther) {
  EXPECT_EQ(words("a\xFF\xC3!b"), (Words{"a", "\xFF\xC3!", "b"}));
  EXPECT_EQ(words(" \x80"), (Words{" \x80"}));
  EXPECT_EQ(words("\xE4\xBD"), (Words{"\xE4\xBD"}));
}

TEST_P(EveryPreTokenizer, LosesNoByteOfRandomText) {
  std::mt19937 random(20240229);
  for (int i = 0; i < 500; ++i) {
    const std::string text = random_bytes(random, 60);
    std::string joined;
    for (const std::string& word : words(text)) joined += word;
    ASSERT_EQ(joined, text);
  }
}

TEST(Gpt2PreTokenizer, KeepsNumbersTogether) {
  EXPECT_EQ(split("gpt-2", "in 2024 3.14"), (Words{"in", " 2024", " 3", ".", "14"}));
  EXPECT_EQ(split("gpt-2", "a1b"), (Words{"a", "1", "b"}));
  EXPECT_EQ(split("gpt-2", "a  12"), (Words{"a", " ", " 12"}));
  EXPECT_EQ(split("gpt-2", "x²½ Ⅳ"), (Words{"x", "²½", " Ⅳ"}));
}

TEST(SmolLmPreTokenizer, CutsEveryNumberOut) {
  EXPECT_EQ(split("smollm", "2024"), (Words{"2", "0", "2", "4"}));
  EXPECT_EQ(split("smollm", "a1b"), (Words{"a", "1", "b"}));
  EXPECT_EQ(split("smollm", "x²½Ⅳ٣"), (Words{"x", "²", "½", "Ⅳ", "٣"}));
  EXPECT_EQ(split("smollm", "1's 2'"), (Words{"1", "'s", " ", "2", "'"}));
}

TEST(SmolLmPreTokenizer, DoesNotLookPastANumber) {
  EXPECT_EQ(split("smollm", "in 2024"), (Words{"in", " ", "2", "0", "2", "4"}));
  EXPECT_EQ(split("smollm", "a  1"), (Words{"a", "  ", "1"}));
  EXPECT_EQ(split("smollm", "a \n 1"), (Words{"a", " \n ", "1"}));
  EXPECT_EQ(split("smollm", "1  a"), (Words{"1", " ", " a"}));
  EXPECT_EQ(split("smollm", "1 \u0663"), (Words{"1", " ", "\u0663"}));
}

class Gpt4LikePreTokenizer : public testing::TestWithParam<const char*> {
 protected:
  static Words words(std::string_view text) { return split(GetParam(), text); }
};

INSTANTIATE_TEST_SUITE_P(All, Gpt4LikePreTokenizer, testing::Values("qwen2", "llama-bpe"));

TEST_P(Gpt4LikePreTokenizer, TakesAnyCharacterBeforeALetter) {
  EXPECT_EQ(words("a (b) -c"), (Words{"a", " (", "b", ")", " -", "c"}));
  EXPECT_EQ(words("\tx(y"), (Words{"\tx", "(y"}));
  EXPECT_EQ(words("\nx"), (Words{"\n", "x"}));
  EXPECT_EQ(words("\xFFx"), (Words{"\xFFx"}));
  EXPECT_EQ(words("1a"), (Words{"1", "a"}));
}

TEST_P(Gpt4LikePreTokenizer, SplitsContractionsOfAnyCase) {
  EXPECT_EQ(words("I'M IT's he'LL"), (Words{"I", "'M", " IT", "'s", " he", "'LL"}));
  EXPECT_EQ(words("'\u017Fx"), (Words{"'\u017F", "x"}));
  EXPECT_EQ(words("'xs"), (Words{"'xs"}));
}

TEST_P(Gpt4LikePreTokenizer, GivesLineEndsToWhatStandsBefore) {
  EXPECT_EQ(words("a.\r\n\nb"), (Words{"a", ".\r\n\n", "b"}));
  EXPECT_EQ(words("a \n \n  b"), (Words{"a", " \n \n", " ", " b"}));
  EXPECT_EQ(words("a   1"), (Words{"a", "  ", " ", "1"}));
  EXPECT_EQ(words("a  "), (Words{"a", "  "}));
}

TEST_P(Gpt4LikePreTokenizer, LosesNoByteOfRandomText) {
  std::mt19937 random(20240301);
  for (int i = 0; i < 500; ++i) {
    const std::string text = random_bytes(random, 60);
    std::string joined;
    for (const std::string& word : words(text)) joined += word;
    ASSERT_EQ(joined, text);
  }
}

TEST(Qwen2PreTokenizer, CutsEveryNumberOut) {
  EXPECT_EQ(split("qwen2", "in 2024"), (Words{"in", " ", "2", "0", "2", "4"}));
}

TEST(Llama3PreTokenizer, TakesNumbersByThree) {
  EXPECT_EQ(split("llama-bpe", "in 20245 1"), (Words{"in", " ", "202", "45", " ", "1"}));
}

TEST(FindPreTokenizer, IsNullForOthers) {
  EXPECT_EQ(find_pretokenizer("tekken"), nullptr);
  EXPECT_EQ(find_pretokenizer(""), nullptr);
  EXPECT_EQ(find_pretokenizer("smollm "), nullptr);
  EXPECT_EQ(pretokenizer_names().find("default, gpt-2, "), 0u);
  EXPECT_NE(pretokenizer_names().find(", smollm, "), std::string::npos);
}

}  // namespace
}  // namespace pincer::bpe
