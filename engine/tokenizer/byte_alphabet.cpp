#include "engine/tokenizer/byte_alphabet.h"

#include <array>
#include <cstddef>
#include <cstdint>

namespace pincer::bpe {
namespace {

constexpr std::size_t kByteCount = 256;
constexpr std::size_t kHiddenCount = 68;  // bytes that are not visible Latin-1 characters
constexpr std::uint16_t kFirstHidden = 0x100;
constexpr std::size_t kSymbolEnd = kFirstHidden + kHiddenCount;

constexpr bool is_visible(std::size_t byte) {
  return (byte >= 0x21 && byte <= 0x7E) || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<std::uint16_t, kByteCount> symbol_of_byte{};
  std::array<std::int16_t, kSymbolEnd> byte_of_symbol{};  // -1: not a symbol
};

constexpr Alphabet make_alphabet() {
  Alphabet alphabet;
  for (std::int16_t& byte : alphabet.byte_of_symbol) byte = -1;
  std::uint16_t hidden = kFirstHidden;
  for (std::size_t byte = 0; byte < kByteCount; ++byte) {
    const std::uint16_t symbol = is_visible(byte) ? static_cast<std::uint16_t>(byte) : hidden++;
    alphabet.symbol_of_byte[byte] = symbol;
    alphabet.byte_of_symbol[symbol] = static_cast<std::int16_t>(byte);
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = make_alphabet();

// All symbols are below U+0800, so one or two bytes of UTF-8 hold each.
constexpr std::uint16_t kTwoByteFirst = 0x80;

}  // namespace

std::string byte_symbol(unsigned char byte) {
  const std::uint16_t symbol = kAlphabet.symbol_of_byte[byte];
  if (symbol < kTwoByteFirst) return {static_cast<char>(symbol)};
  return {static_cast<char>(0xC0 | (symbol >> 6)), static_cast<char>(0x80 | (symbol & 0x3F))};
}

std::optional<std::string> bytes_from_symbols(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::size_t symbol = static_cast<unsigned char>(text[i]);
    if (symbol >= kTwoByteFirst) {
      const bool has_second = i + 1 < text.size() && (symbol & 0xE0) == 0xC0;
      if (!has_second) return std::nullopt;
      const std::size_t second = static_cast<unsigned char>(text[++i]);
      if ((second & 0xC0) != 0x80) return std::nullopt;
      symbol = ((symbol & 0x1F) << 6) | (second & 0x3F);
      if (symbol < kTwoByteFirst) return std::nullopt;  // an overlong form
    }
    if (symbol >= kSymbolEnd || kAlphabet.byte_of_symbol[symbol] < 0) return std::nullopt;
    bytes.push_back(static_cast<char>(kAlphabet.byte_of_symbol[symbol]));
  }
  return bytes;
}

}  // namespace pincer::bpe
