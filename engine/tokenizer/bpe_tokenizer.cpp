#include "engine/tokenizer/bpe_tokenizer.h"

#include <cstddef>
#include <string>
#include <utility>

#include "engine/tokenizer/joined_text.h"
#include "engine/tokenizer/normalize.h"
#include "engine/tokenizer/word_merger.h"

namespace pincer::bpe {
namespace {

// One call of encode: collects the ids.
class Encoder {
 public:
  explicit Encoder(const BpeTables& tables) : tables_(tables), merger_(tables.merges) {}

  // Text without special tokens.
  void add_text(std::string_view text) {
    if (tables_.pre->compose) {
      add_words(compose(text));
    } else {
      add_words(text);
    }
  }

  void add_token(TokenId id) { ids_.push_back(id); }

  std::vector<TokenId> take() { return std::move(ids_); }

 private:
  void add_words(std::string_view text) {
    for (std::size_t pos = 0; pos < text.size();) {
      const std::size_t end = tables_.pre->word_end(text, pos);
      add_word(text.substr(pos, end - pos));
      pos = end;
    }
  }

  void add_word(std::string_view word) {
    if (tables_.words) {
      if (const TokenId id = tables_.words->find(word, tables_.tokens); id != kNoToken) {
        return ids_.push_back(id);
      }
    }
    symbols_.clear();
    for (const char byte : word) {
      const TokenId id = tables_.byte_tokens[static_cast<unsigned char>(byte)];
      if (id != kNoToken) symbols_.push_back(id);
    }
    merger_.append(symbols_, ids_);
  }

  const BpeTables& tables_;
  WordMerger merger_;
  std::vector<TokenId> symbols_;
  std::vector<TokenId> ids_;
};

}  // namespace

Result<std::shared_ptr<const Tokenizer>> BpeTokenizer::make(const BpeVocabulary& vocabulary) {
  Result<BpeTables> tables = make_bpe_tables(vocabulary);
  if (!tables) return tables.error();
  return std::shared_ptr<const Tokenizer>(new BpeTokenizer(std::move(*tables)));
}

std::vector<TokenId> BpeTokenizer::encode(std::span<const TextPiece> pieces) const {
  Encoder encoder(tables_);
  cut_at_specials(
      join(pieces), tables_.specials, [&](std::string_view text) { encoder.add_text(text); },
      [&](TokenId id) { encoder.add_token(id); });
  return encoder.take();
}

bool BpeTokenizer::is_control(TokenId id) const {
  return tables_.tokens.contains(id) && tables_.tokens.is_control(id);
}

}  // namespace pincer::bpe
