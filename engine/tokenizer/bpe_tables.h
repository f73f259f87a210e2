// The checked look-up tables of a byte-level BPE tokenizer.
#pragma once

#include <array>
#include <optional>

#include "engine/tokenizer/bpe_vocabulary.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/piece_index.h"
#include "engine/tokenizer/pretokenizer.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/token_roles.h"
#include "engine/tokenizer/token_table.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

struct BpeTables {
  TokenTable tokens;
  MergeTable merges;
  SpecialTokens specials;                // control and user-defined tokens
  std::array<TokenId, 256> byte_tokens;  // kNoToken for bytes that the vocabulary lacks
  std::optional<PieceIndex> words;       // where pre->whole_words
  const PreTokenizer* pre = nullptr;     // static
  TokenRoles roles;
};

// Checks all of `vocabulary`, which may be hostile. Errors: corrupt, unsupported.
Result<BpeTables> make_bpe_tables(const BpeVocabulary& vocabulary);

}  // namespace pincer::bpe
