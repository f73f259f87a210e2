// From a rendered chat to the tokens that the engine gets.
#pragma once

#include <span>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Begins with the tokenizer's begin token exactly once where the model wants one, whether or not
// the template wrote it. Error limit: the prompt leaves no room for an answer in `context` tokens;
// names both lengths.
Result<std::vector<TokenId>> encode_prompt(const Tokenizer& tokenizer,
                                           std::span<const TextPiece> pieces, int context);

// The same error for tokens that the client gave; invalid_argument if there are none.
Result<void> check_prompt(std::span<const TokenId> tokens, int context);

}  // namespace pincer
