// libFuzzer target: any bytes, cut into pieces, encode to known ids and come back; untrusted text
// gives no control token. clang++ -fsanitize=fuzzer,address,undefined, linked with the engine.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "engine/tokenizer/bpe_tokenizer.h"
#include "engine/tokenizer/byte_alphabet.h"

namespace pincer::bpe {
namespace {

std::shared_ptr<const Tokenizer> make_tokenizer() {
  std::vector<std::string> tokens = {"<|im_end|>", "<|im_", "<|"};
  std::vector<std::int64_t> types(tokens.size(), static_cast<std::int64_t>(TokenType::control));
  for (int byte = 0; byte < 256; ++byte)
    tokens.push_back(byte_symbol(static_cast<unsigned char>(byte)));
  std::vector<std::string> merges;
  const auto merge = [&](const std::string& left, const std::string& right) {
    merges.push_back(left + " " + right);
    tokens.push_back(left + right);
  };
  merge("i", "m");
  merge("Ġ", "Ġ");
  merge("ĠĠ", "ĠĠ");
  merge("a", "a");
  merge("aa", "a");
  merge("Ġ", "aaa");
  types.resize(tokens.size(), static_cast<std::int64_t>(TokenType::normal));
  BpeVocabulary vocabulary;
  vocabulary.tokens = tokens;
  vocabulary.token_types = types;
  vocabulary.merges = merges;
  vocabulary.pre = "smollm";
  auto made = BpeTokenizer::make(vocabulary);
  if (!made) std::abort();
  return *made;
}

void check(const Tokenizer& tokenizer, const std::vector<TextPiece>& pieces) {
  std::string text;
  bool any_trusted = false;
  for (const TextPiece& piece : pieces) {
    text += piece.text;
    any_trusted |= piece.trusted;
  }
  const std::vector<TokenId> ids = tokenizer.encode(pieces);
  for (const TokenId id : ids) {
    if (id < 0 || id >= tokenizer.vocab_size()) std::abort();
    if (!any_trusted && tokenizer.is_control(id)) std::abort();
  }
  if (tokenizer.decode(ids, true) != text) std::abort();
}

}  // namespace
}  // namespace pincer::bpe

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto tokenizer = pincer::bpe::make_tokenizer();
  // 0xFF and 0xFE begin a trusted and an untrusted piece.
  std::vector<pincer::TextPiece> pieces(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] >= 0xFE) {
      pieces.push_back({"", data[i] == 0xFF});
    } else {
      pieces.back().text += static_cast<char>(data[i]);
    }
  }
  pincer::bpe::check(*tokenizer, pieces);
  return 0;
}
