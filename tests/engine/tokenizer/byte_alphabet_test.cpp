#include "engine/tokenizer/byte_alphabet.h"

#include <gtest/gtest.h>

#include <set>

namespace pincer::bpe {
namespace {

TEST(ByteAlphabet, MatchesPublishedSymbols) {
  EXPECT_EQ(byte_symbol('!'), "!");
  EXPECT_EQ(byte_symbol('~'), "~");
  EXPECT_EQ(byte_symbol(0x00), "Ā");
  EXPECT_EQ(byte_symbol('\n'), "Ċ");
  EXPECT_EQ(byte_symbol(' '), "Ġ");
  EXPECT_EQ(byte_symbol(0x7F), "ġ");
  EXPECT_EQ(byte_symbol(0xA0), "ł");
  EXPECT_EQ(byte_symbol(0xAD), "Ń");
  EXPECT_EQ(byte_symbol(0xA1), "¡");
  EXPECT_EQ(byte_symbol(0xFF), "ÿ");
}

TEST(ByteAlphabet, IsABijection) {
  std::set<std::string> symbols;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string symbol = byte_symbol(static_cast<unsigned char>(byte));
    EXPECT_TRUE(symbols.insert(symbol).second) << byte;
    EXPECT_EQ(bytes_from_symbols(symbol), std::string(1, static_cast<char>(byte)));
  }
}

TEST(ByteAlphabet, ReadsTokens) {
  EXPECT_EQ(bytes_from_symbols("Ġthe"), " the");
  EXPECT_EQ(bytes_from_symbols("Ã©"), "é");
  EXPECT_EQ(bytes_from_symbols(""), "");
}

TEST(ByteAlphabet, RefusesWhatIsNotInIt) {
  EXPECT_EQ(bytes_from_symbols("a b"), std::nullopt);
  EXPECT_EQ(bytes_from_symbols("a\n"), std::nullopt);
  EXPECT_EQ(bytes_from_symbols("ń"), std::nullopt);       // U+0144, one above the last symbol
  EXPECT_EQ(bytes_from_symbols("\u00AD"), std::nullopt);  // a hidden byte does not stand for itself
  EXPECT_EQ(bytes_from_symbols("你"), std::nullopt);
  EXPECT_EQ(bytes_from_symbols("\xC4"), std::nullopt);      // truncated
  EXPECT_EQ(bytes_from_symbols("\xC4\x20"), std::nullopt);  // not a continuation
  EXPECT_EQ(bytes_from_symbols("\xC1\xA1"), std::nullopt);  // overlong "a"
}

}  // namespace
}  // namespace pincer::bpe
