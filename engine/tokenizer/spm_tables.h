// The checked look-up tables of a SentencePiece tokenizer.
#pragma once

#include <array>
#include <vector>

#include "engine/tokenizer/piece_index.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/spm_vocabulary.h"
#include "engine/tokenizer/token_roles.h"
#include "engine/tokenizer/token_table.h"
#include "pincer/engine/result.h"

namespace pincer::bpe {

struct SpmTables {
  TokenTable tokens;  // spelled with spaces, which the file writes as "▁" (U+2581)
  std::vector<float> scores;
  PieceIndex pieces;       // normal tokens
  SpecialTokens specials;  // control tokens
  SpecialTokens fixed;     // user-defined tokens: never merged, never split, in any text
  std::array<TokenId, 256> byte_tokens;  // kNoToken for bytes that the vocabulary lacks
  TokenId unknown = kNoToken;
  bool add_space_prefix = true;  // a text after a control token begins with a space
  TokenRoles roles;
};

// Checks all of `vocabulary`, which may be hostile. Errors: corrupt, unsupported.
Result<SpmTables> make_spm_tables(const SpmVocabulary& vocabulary);

// "▁" as the space that it stands for.
std::string with_spaces(std::string_view text);

}  // namespace pincer::bpe
