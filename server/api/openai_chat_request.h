// The body of POST /v1/chat/completions: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "pincer/server/chat_request.h"
#include "server/api/openai_sampling.h"
#include "server/http/problem.h"

namespace pincer {

struct OpenAiChatRequest {
  ChatRequest chat;
  int choices = 1;  // "n"
  OpenAiStreaming streaming;
};

// `defaults` holds where the body is silent, but for the seed, which is then random. Strict about
// types and ranges. Unknown fields and what is not supported are problems that name them; what has
// no effect on an answer is checked and ignored.
std::variant<OpenAiChatRequest, Problem> parse_openai_chat(std::string_view body,
                                                           const SamplingParams& defaults,
                                                           std::size_t max_depth);

}  // namespace pincer
