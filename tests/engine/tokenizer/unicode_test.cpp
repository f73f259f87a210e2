#include "engine/tokenizer/unicode.h"

#include <gtest/gtest.h>

namespace pincer::bpe {
namespace {

void expect_char(std::string_view text, CharClass char_class) {
  const Char found = char_at(text, 0);
  EXPECT_EQ(found.char_class, char_class) << text;
  EXPECT_EQ(found.length, text.size()) << text;
}

TEST(CharAt, KnowsAscii) {
  for (const char* c : {"a", "z", "A", "Z"}) expect_char(c, CharClass::letter);
  for (const char* c : {"0", "9"}) expect_char(c, CharClass::number);
  for (const char* c : {" ", "\t", "\n", "\v", "\f", "\r"}) expect_char(c, CharClass::space);
  // U+001C to U+001F are separators for some libraries, but not White_Space.
  for (const char* c : {"!", "@", "[", "`", "{", "\x1C", "\x1F", "\x7F", "/", ":"}) {
    expect_char(c, CharClass::other);
  }
  expect_char(std::string_view("\0", 1), CharClass::other);
}

TEST(CharAt, KnowsLettersOfAllKinds) {
  // Lu, Ll, Lt, Lm, Lo, and one of the astral planes.
  for (const char* c : {"É", "é", "ǅ", "ʰ", "你", "𐐀"}) expect_char(c, CharClass::letter);
}

TEST(CharAt, KnowsNumbersOfAllKinds) {
  for (const char* c : {"٣", "Ⅳ", "〇", "½", "²", "𝟘"}) expect_char(c, CharClass::number);
}

TEST(CharAt, KnowsWhiteSpaceAboveAscii) {
  for (const char* c :
       {"\u0085", "\u00A0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202F", "\u3000"}) {
    expect_char(c, CharClass::space);
  }
  for (const char* c : {"\u180E", "\u200B", "\u2060", "\uFEFF"}) expect_char(c, CharClass::other);
}

TEST(CharAt, CountsMarksAndSymbolsAsOther) {
  for (const char* c : {"\u0301", "€", "😀", "\u200D", "。"}) expect_char(c, CharClass::other);
}

TEST(CharAt, TakesBytesThatAreNotUtf8OneByOne) {
  // A lone continuation, an impossible byte, an overlong form, a surrogate, above U+10FFFF, and
  // truncated characters.
  for (const char* c : {"\x80", "\xFF", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE4\xBD",
                        "\xF0\x9F\x98", "\xC3"}) {
    const Char found = char_at(c, 0);
    EXPECT_EQ(found.char_class, CharClass::other);
    EXPECT_EQ(found.length, 1);
  }
}

TEST(CharAt, SeesTheEndOfTheText) {
  EXPECT_EQ(char_at("", 0).char_class, CharClass::end);
  EXPECT_EQ(char_at("ab", 2).char_class, CharClass::end);
  EXPECT_EQ(char_at("ab", 2).length, 0);
  // What lies behind the view must not complete a character.
  EXPECT_EQ(char_at(std::string_view("\xC3\xA9", 1), 0).length, 1);
}

}  // namespace
}  // namespace pincer::bpe
