#include "pincer/engine/text_assembler.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/support/fake_tokenizer.h"

namespace pincer {
namespace {

using Texts = std::vector<std::string>;

// What each token releases, and at the end what the flush does.
Texts released(const Texts& tokens, const Texts& stops) {
  const test::FakeTokenizer tokenizer(tokens);
  TextAssembler assembler(tokenizer, stops);
  Texts out;
  for (TokenId id = 0; id < tokenizer.vocab_size(); ++id) out.push_back(assembler.push(id));
  out.push_back(assembler.flush());
  return out;
}

TEST(TextAssembler, ReleasesPlainTextAtOnce) {
  EXPECT_EQ(released({"Hel", "lo", "", "!"}, {}), (Texts{"Hel", "lo", "", "!", ""}));
}

TEST(TextAssembler, HoldsBackAnIncompleteCharacter) {
  EXPECT_EQ(released({"a\xf0\x9f", "\xa6",
                      "\x80"
                      "b"},
                     {}),
            (Texts{"a", "",
                   "\xf0\x9f\xa6\x80"
                   "b",
                   ""}));
}

TEST(TextAssembler, ReplacesWhatIsNotUtf8) {
  EXPECT_EQ(released({"a\xff", "\xe2\x82", "b", "\xf0\x9f\xa6"}, {}), (Texts{"a\xef\xbf\xbd", "",
                                                                             "\xef\xbf\xbd"
                                                                             "b",
                                                                             "", "\xef\xbf\xbd"}));
}

TEST(TextAssembler, ControlTokensAddNoText) {
  const test::FakeTokenizer tokenizer({"a", "<|im_end|>", "b"}, {1});
  TextAssembler assembler(tokenizer, {"<|im_end|>"});
  EXPECT_EQ(assembler.push(0), "a");
  EXPECT_EQ(assembler.push(1), "");
  EXPECT_FALSE(assembler.stopped());
  EXPECT_EQ(assembler.push(2), "b");
}

TEST(TextAssembler, StopsInsideAToken) {
  const test::FakeTokenizer tokenizer({"one STOP two", "three"});
  TextAssembler assembler(tokenizer, {"STOP"});
  EXPECT_EQ(assembler.push(0), "one ");
  EXPECT_TRUE(assembler.stopped());
  EXPECT_EQ(assembler.push(1), "") << "nothing more";
  EXPECT_EQ(assembler.flush(), "");
}

TEST(TextAssembler, StopsAcrossTokens) {
  EXPECT_EQ(released({"oneS", "T", "OP", "two"}, {"STOP"}), (Texts{"one", "", "", "", ""}));
}

TEST(TextAssembler, ReleasesWhatTurnsOutToBeNoStop) {
  EXPECT_EQ(released({"S", "T", "x"}, {"STOP"}), (Texts{"", "", "STx", ""}));
  EXPECT_EQ(released({"ST", "S", "TOP"}, {"STOP"}), (Texts{"", "ST", "", ""}))
      << "a new beginning inside a failed one";
  EXPECT_EQ(released({"aa", "ab"}, {"aab"}), (Texts{"", "a", ""})) << "overlaps itself";
}

TEST(TextAssembler, FlushReleasesTheBeginningOfAStop) {
  EXPECT_EQ(released({"text\n"}, {"\n\n"}), (Texts{"text", "\n"}));
}

TEST(TextAssembler, TheFirstStopToBeCompleteCounts) {
  EXPECT_EQ(released({"xabcdef"}, {"abcdef", "bcd"}), (Texts{"xa", ""}));
  EXPECT_EQ(released({"xabc"}, {"bc", "abc"}), (Texts{"x", ""})) << "the longest at one end";
  EXPECT_EQ(released({"1 b 2 a"}, {"a", "b"}), (Texts{"1 ", ""}));
}

TEST(TextAssembler, StopsOfSeveralBytesPerCharacter) {
  // The crab's bytes come one by one.
  EXPECT_EQ(released({"a\xf0", "\x9f", "\xa6", "\x80", "z"}, {"\xf0\x9f\xa6\x80"}),
            (Texts{"a", "", "", "", "", ""}));
  // U+1F981 has the same first three bytes.
  EXPECT_EQ(released({"a\xf0", "\x9f", "\xa6", "\x81", "z"}, {"\xf0\x9f\xa6\x80"}),
            (Texts{"a", "", "", "\xf0\x9f\xa6\x81", "z", ""}));
}

TEST(TextAssembler, AStopIsFoundBeforeAnIncompleteCharacter) {
  EXPECT_EQ(released({"a;\xf0\x9f"}, {";"}), (Texts{"a", ""}));
}

TEST(TextAssembler, AStopMayBeFoundAtTheFlush) {
  const test::FakeTokenizer tokenizer({"a.\xe2\x82"});
  TextAssembler assembler(tokenizer, {".\xef\xbf\xbd"});
  EXPECT_EQ(assembler.push(0), "a");
  EXPECT_FALSE(assembler.stopped());
  EXPECT_EQ(assembler.flush(), "");
  EXPECT_TRUE(assembler.stopped());
}

TEST(TextAssembler, EmptyStopsAreIgnored) {
  EXPECT_EQ(released({"a", "b"}, {"", "b"}), (Texts{"a", "", ""}));
}

TEST(TextAssembler, StopsThatAreNotUtf8MatchWhatIsShown) {
  EXPECT_EQ(released({"a\xff"
                      "b"},
                     {"\xfe"}),
            (Texts{"a", ""}));
}

// The specification in the simplest words: of all the places where a stop string ends, the first.
std::string stopped_text(const std::string& text, const Texts& stops) {
  for (std::size_t end = 0; end <= text.size(); ++end) {
    std::size_t longest = 0;
    for (const std::string& stop : stops) {
      if (std::string_view(text).substr(0, end).ends_with(stop)) {
        longest = std::max(longest, stop.size());
      }
    }
    if (longest > 0) return text.substr(0, end - longest);
  }
  return text;
}

TEST(TextAssembler, TheCutIntoTokensDoesNotMatter) {
  const Texts alphabet = {"a", "b", "\xc3\xa9", "\xf0\x9f\xa6\x80"};
  std::mt19937 random(17);
  const auto text_of = [&](std::size_t characters) {
    std::string out;
    while (characters-- > 0) out += alphabet[random() % alphabet.size()];
    return out;
  };
  for (int round = 0; round < 3000; ++round) {
    const std::string text = text_of(20);
    Texts stops;
    for (std::size_t n = random() % 4; n > 0; --n) stops.push_back(text_of(1 + random() % 4));
    Texts tokens;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 5;
      tokens.push_back(text.substr(at, size));
      at += size;
    }
    std::string whole;
    for (const std::string& part : released(tokens, stops)) whole += part;
    ASSERT_EQ(whole, stopped_text(text, stops)) << "round " << round;
  }
}

}  // namespace
}  // namespace pincer
