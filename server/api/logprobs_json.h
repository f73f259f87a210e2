// "logprobs" of a choice: https://platform.openai.com/docs/api-reference/chat/object
#pragma once

#include <boost/json/value.hpp>
#include <span>
#include <string>
#include <string_view>

#include "pincer/engine/generation.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

// {"content":[{"token","logprob","bytes","top_logprobs":[…]}],"refusal":null}
boost::json::value logprobs_json(const Tokenizer& tokenizer,
                                 std::span<const GeneratedToken> tokens);

// `bytes` with each byte that is not part of a UTF-8 character replaced by U+FFFD.
std::string valid_utf8(std::string_view bytes);

}  // namespace pincer
