#include "engine/tokenizer/bpe_tokenizer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "engine/tokenizer/word_merger.h"

namespace pincer::bpe {
namespace {

// The pieces as one text, and where in it special tokens may be.
struct JoinedText {
  struct Range {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  std::string text;
  std::vector<Range> trusted;  // in order, never adjacent
};

JoinedText join(std::span<const TextPiece> pieces) {
  std::size_t size = 0;
  for (const TextPiece& piece : pieces) size += piece.text.size();
  JoinedText joined;
  joined.text.reserve(size);
  for (const TextPiece& piece : pieces) {
    const std::size_t begin = joined.text.size();
    joined.text += piece.text;
    if (!piece.trusted || piece.text.empty()) continue;
    if (!joined.trusted.empty() && joined.trusted.back().end == begin) {
      joined.trusted.back().end = joined.text.size();
    } else {
      joined.trusted.push_back({begin, joined.text.size()});
    }
  }
  return joined;
}

// One call of encode: collects the ids.
class Encoder {
 public:
  explicit Encoder(const BpeTables& tables) : tables_(tables), merger_(tables.merges) {}

  // Text without special tokens.
  void add_text(std::string_view text) {
    for (std::size_t pos = 0; pos < text.size();) {
      const std::size_t end = tables_.word_end(text, pos);
      add_word(text.substr(pos, end - pos));
      pos = end;
    }
  }

  void add_token(TokenId id) { ids_.push_back(id); }

  std::vector<TokenId> take() { return std::move(ids_); }

 private:
  void add_word(std::string_view word) {
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
  const JoinedText joined = join(pieces);
  const std::string_view text = joined.text;
  Encoder encoder(tables_);
  std::size_t done = 0;
  for (const JoinedText::Range& range : joined.trusted) {
    std::size_t from = range.begin;
    while (const auto match = tables_.specials.find(text.substr(0, range.end), from)) {
      encoder.add_text(text.substr(done, match->begin - done));
      encoder.add_token(match->id);
      done = from = match->end;
    }
  }
  encoder.add_text(text.substr(done));
  return encoder.take();
}

bool BpeTokenizer::is_control(TokenId id) const {
  return tables_.tokens.contains(id) && tables_.tokens.is_control(id);
}

bool BpeTokenizer::is_end(TokenId id) const {
  return std::binary_search(tables_.end_tokens.begin(), tables_.end_tokens.end(), id);
}

}  // namespace pincer::bpe
