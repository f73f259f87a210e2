// The tokens that begin a prompt and end a turn.
#pragma once

#include <vector>

#include "engine/tokenizer/token_table.h"
#include "engine/tokenizer/vocabulary.h"
#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer::bpe {

inline constexpr TokenId kNoToken = -1;

struct TokenRoles {
  TokenId bos = kNoToken;
  TokenId eos = kNoToken;
  bool add_bos = false;
  bool add_eos = false;             // never without an eos
  std::vector<TokenId> end_tokens;  // sorted

  bool is_end(TokenId id) const;
};

// `add_bos` holds where the file does not say. A default is dropped where there is no bos, a file
// that asks for a bos that is not there is corrupt; so is an id outside the vocabulary.
Result<TokenRoles> make_roles(const Vocabulary& vocabulary, const TokenTable& tokens, bool add_bos);

// A checked id, or kNoToken when the file names none.
Result<TokenId> checked_id(std::string_view key, std::optional<std::int64_t> value,
                           const TokenTable& tokens);

}  // namespace pincer::bpe
