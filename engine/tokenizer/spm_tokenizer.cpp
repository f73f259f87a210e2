#include "engine/tokenizer/spm_tokenizer.h"

#include <string>

#include "engine/tokenizer/joined_text.h"
#include "engine/tokenizer/piece_merger.h"

namespace pincer::bpe {
namespace {

// Adds the tokens of a text without control tokens.
void add_text(const SpmTables& tables, std::string_view text, PieceMerger& merger,
              std::vector<TokenId>& ids) {
  if (text.empty()) return;
  const std::string spaced = (tables.add_space_prefix ? " " : "") + with_spaces(text);
  const std::string_view rest = spaced;
  std::size_t done = 0;
  while (const auto match = tables.fixed.find(rest, done)) {
    merger.append(rest.substr(done, match->begin - done), ids);
    ids.push_back(match->id);
    done = match->end;
  }
  merger.append(rest.substr(done), ids);
}

}  // namespace

Result<std::shared_ptr<const Tokenizer>> SpmTokenizer::make(const SpmVocabulary& vocabulary) {
  Result<SpmTables> tables = make_spm_tables(vocabulary);
  if (!tables) return tables.error();
  return std::shared_ptr<const Tokenizer>(new SpmTokenizer(std::move(*tables)));
}

std::vector<TokenId> SpmTokenizer::encode(std::span<const TextPiece> pieces) const {
  std::vector<TokenId> ids;
  PieceMerger merger(tables_);
  cut_at_specials(
      join(pieces), tables_.specials,
      [&](std::string_view text) { add_text(tables_, text, merger, ids); },
      [&](TokenId id) { ids.push_back(id); });
  return ids;
}

bool SpmTokenizer::is_control(TokenId id) const {
  return tables_.tokens.contains(id) && tables_.tokens.is_control(id);
}

}  // namespace pincer::bpe
