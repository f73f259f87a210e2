// Expected texts: Python 3.11, bytes.decode("utf-8", "replace").
#include "engine/generate/utf8.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace pincer {
namespace {

std::string repaired(std::string_view bytes) {
  std::string out;
  EXPECT_EQ(append_utf8(out, bytes, true), bytes.size());
  return out;
}

TEST(Utf8, KeepsWhatIsWellFormed) {
  for (const std::string_view text :
       {"", "ascii", "\xc2\x80\xdf\xbf", "\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf",
        "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", "\xf0\x9f\xa6\x80 crab"}) {
    EXPECT_EQ(repaired(text), text);
  }
  EXPECT_EQ(repaired(std::string("\0x", 2)), std::string("\0x", 2));
}

TEST(Utf8, ReplacesEachMaximalInvalidPart) {
  // F stands for U+FFFD.
  const std::vector<std::pair<std::string_view, std::string_view>> cases = {
      {"\x80", "F"},
      {"\xff\xfe", "FF"},
      {"\xc0\xaf", "FF"},
      {"\xc1\xbf", "FF"},
      {"\xc3", "F"},
      {"\xc3(", "F("},
      {"\xe2\x82", "F"},
      {"\xe2\x82(", "F("},
      {"\xe2(\xa1", "F(F"},
      {"\xe0\x80\x80", "FFF"},
      {"\xe0\x9f\xbf", "FFF"},
      {"\xed\xa0\x80", "FFF"},
      {"\xf0\x80\x80\x80", "FFFF"},
      {"\xf0\x90\x80", "F"},
      {"\xf0\x90\x80(", "F("},
      {"\xf0\x9f\x98\xe2\x82\xac", "F\xe2\x82\xac"},
      {"\xf4\x90\x80\x80", "FFFF"},
      {"\xf5\x80\x80\x80", "FFFF"},
      {"\xf1\x80\x80\xe1\x80\xc2"
       "b\x80"
       "c\x80\xbf"
       "d",
       "FFFbFcFFd"},
  };
  for (const auto& [bytes, pattern] : cases) {
    std::string expected;
    for (const char c : pattern)
      expected += c == 'F' ? std::string("\xef\xbf\xbd") : std::string(1, c);
    EXPECT_EQ(repaired(bytes), expected);
  }
}

TEST(Utf8, LeavesAnIncompleteEnd) {
  std::string out;
  EXPECT_EQ(append_utf8(out, "a\xf0\x9f\xa6", false), 1u);
  EXPECT_EQ(out, "a");
  out.clear();
  EXPECT_EQ(append_utf8(out, "\xe0\x80", false), 2u)
      << "no character begins so: nothing to wait for";
  EXPECT_EQ(out, "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Utf8, PiecesGiveWhatTheWholeGives) {
  constexpr unsigned char kBytes[] = {'a',  0x80, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0,
                                      0xe2, 0xed, 0xf0, 0xf1, 0xf4, 0xf5, 0xff};
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (int i = 0; i < 12; ++i) bytes += static_cast<char>(kBytes[random() % std::size(kBytes)]);
    std::string out;
    std::string waiting;
    for (const char byte : bytes) {
      waiting += byte;
      waiting.erase(0, append_utf8(out, waiting, false));
      EXPECT_LT(waiting.size(), 4u);
    }
    append_utf8(out, waiting, true);
    EXPECT_EQ(out, repaired(bytes));
  }
}

}  // namespace
}  // namespace pincer
