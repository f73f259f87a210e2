// From an embedding's input to the tokens that the engine gets.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// Texts are untrusted, and begin with the tokenizer's begin token where the model wants one; tokens
// stay as they are. What `context` tokens do not hold is cut off if `truncate`, else an error
// (limit) that names both lengths.
Result<std::vector<TokenId>> embedding_tokens(
    const Tokenizer& tokenizer, std::variant<std::string, std::vector<TokenId>> content,
    bool truncate, int context);

}  // namespace pincer
