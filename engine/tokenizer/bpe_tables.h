// The checked look-up tables of a byte-level BPE tokenizer.
#pragma once

#include <array>
#include <vector>

#include "engine/tokenizer/bpe_vocabulary.h"
#include "engine/tokenizer/merge_table.h"
#include "engine/tokenizer/pretokenizer.h"
#include "engine/tokenizer/special_tokens.h"
#include "engine/tokenizer/token_table.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

inline constexpr TokenId kNoToken = -1;

struct BpeTables {
  TokenTable tokens;
  MergeTable merges;
  SpecialTokens specials;                // control and user-defined tokens
  std::array<TokenId, 256> byte_tokens;  // kNoToken for bytes that the vocabulary lacks
  WordEnd word_end = nullptr;
  TokenId bos = kNoToken;
  TokenId eos = kNoToken;
  bool add_bos = false;
  std::vector<TokenId> end_tokens;  // sorted
};

// Checks all of `vocabulary`, which may be hostile. Errors: corrupt, unsupported.
Result<BpeTables> make_bpe_tables(const BpeVocabulary& vocabulary);

}  // namespace pincer::bpe
