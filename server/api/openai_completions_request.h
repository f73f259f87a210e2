// The body of POST /v1/completions:
// https://platform.openai.com/docs/api-reference/completions/create
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/openai_sampling.h"
#include "server/http/problem.h"

namespace pincer {

struct OpenAiCompletionsRequest {
  std::vector<ChatRequest> prompts;  // at least one, each with a raw prompt
  int choices = 1;                   // of each prompt
  bool echo = false;                 // the prompt comes before its continuation
  OpenAiStreaming streaming;
};

// As parse_openai_chat().
std::variant<OpenAiCompletionsRequest, Problem> parse_openai_completions(
    std::string_view body, const SamplingParams& defaults, std::size_t max_depth);

}  // namespace pincer
