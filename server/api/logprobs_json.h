// "logprobs" of a choice: https://platform.openai.com/docs/api-reference/chat/object
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "pincer/engine/generation.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// {"content":[{"token","logprob","bytes","top_logprobs":[…]}],"refusal":null}
boost::json::value logprobs_json(const Tokenizer& tokenizer,
                                 std::span<const GeneratedToken> tokens);

// The array in it, which Responses have alone.
boost::json::array token_logprobs_json(const Tokenizer& tokenizer,
                                       std::span<const GeneratedToken> tokens);

// That of completions: {"tokens","token_logprobs","top_logprobs","text_offset"}; null for no
// tokens. `offset`, in characters of the text, moves behind them.
boost::json::value old_logprobs_json(const Tokenizer& tokenizer,
                                     std::span<const GeneratedToken> tokens, std::size_t& offset);

// `bytes` with each byte that is not part of a UTF-8 character replaced by U+FFFD.
std::string valid_utf8(std::string_view bytes);

}  // namespace pincer
