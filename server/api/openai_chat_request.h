// The body of POST /v1/chat/completions: https://platform.openai.com/docs/api-reference/chat/create
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "pincer/server/backend.h"
#include "server/http/problem.h"

namespace pincer {

struct OpenAiChatRequest {
  ChatRequest chat;
  int choices = 1;  // "n"
  bool stream = false;
  bool include_usage = false;  // stream_options.include_usage
};

// `defaults` holds where the body is silent, but for the seed, which is then random. Strict about
// types and ranges of what it knows; unknown fields are ignored. What would change the answer and
// is not supported is a problem that names it.
std::variant<OpenAiChatRequest, Problem> parse_openai_chat(std::string_view body,
                                                           const SamplingParams& defaults,
                                                           std::size_t max_depth);

}  // namespace pincer
