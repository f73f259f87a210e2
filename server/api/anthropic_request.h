// The bodies of POST /v1/messages and /v1/messages/count_tokens:
// https://docs.anthropic.com/en/api/messages
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "pincer/server/chat_request.h"
#include "server/http/problem.h"

namespace pincer {

struct AnthropicRequest {
  ChatRequest chat;
  bool stream = false;
};

enum class AnthropicUse { answer, count_tokens };  // only an answer needs max_tokens

// `defaults` holds where the body is silent, but for the seed, which is random. Strict about types
// and ranges of what it knows; unknown fields are ignored. What would change the answer and is not
// supported is a problem that names it.
std::variant<AnthropicRequest, Problem> parse_anthropic_request(std::string_view body,
                                                                AnthropicUse use,
                                                                const SamplingParams& defaults,
                                                                std::size_t max_depth);

}  // namespace pincer
