// A small byte-level BPE vocabulary, built by the tests token by token.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/bpe_vocabulary.h"
#include "engine/tokenizer/byte_alphabet.h"
#include "engine/tokenizer/token_table.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

struct ToyVocabulary {
  // Tokens 0 to 255 are the bytes.
  ToyVocabulary() {
    for (int byte = 0; byte < 256; ++byte) add(byte_symbol(static_cast<unsigned char>(byte)));
  }

  TokenId add(std::string text, TokenType type = TokenType::normal) {
    tokens.push_back(std::move(text));
    types.push_back(static_cast<std::int64_t>(type));
    return static_cast<TokenId>(tokens.size() - 1);
  }

  // Adds the next best merge and the token that it makes; both are written in the byte alphabet.
  TokenId merge(const std::string& left, const std::string& right) {
    merges.push_back(left + " " + right);
    return add(left + right);
  }

  BpeVocabulary view() const {
    BpeVocabulary vocabulary;
    vocabulary.tokens = tokens;
    vocabulary.token_types = types;
    vocabulary.merges = merges;
    return vocabulary;
  }

  std::shared_ptr<const Tokenizer> tokenizer() const {
    auto made = BpeTokenizer::make(view());
    EXPECT_TRUE(made.ok()) << made.error().message;
    return made ? *made : nullptr;
  }

  std::vector<std::string> tokens;
  std::vector<std::int64_t> types;
  std::vector<std::string> merges;
};

// Up to `max_size` random bytes. Half of the strings have many characters of ASCII text, so that
// words occur.
inline std::string random_bytes(std::mt19937& random, std::size_t max_size) {
  constexpr std::string_view kCommon =
      "  \n'stehlao019.<|im_end|>\xC3\xA9\xE4\xBD\xA0\xF0\x9F\x98\x80";
  const bool mostly_text = random() % 2 == 0;
  std::string bytes(random() % (max_size + 1), '\0');
  for (char& byte : bytes) {
    byte = mostly_text && random() % 8 != 0 ? kCommon[random() % kCommon.size()]
                                            : static_cast<char>(random() % 256);
  }
  return bytes;
}

}  // namespace pincer::bpe
