// The bodies of POST /api/chat and /api/generate: https://docs.ollama.com/api
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/http/problem.h"

namespace pincer {

enum class OllamaUse { chat, generate };

struct OllamaRequest {
  ChatRequest chat;
  bool stream = true;
  bool load_only = false;        // there is nothing to answer: the model is to be there
  bool raw = false;              // generate: the only message is the whole prompt, marks and all
  std::vector<TokenId> context;  // generate: what an earlier answer returned, to go on from
  int num_ctx = 0;               // 0: not given
};

// `defaults` holds where the body is silent, but for the seed, which is then random. Strict about
// types and ranges of what it knows; unknown fields are ignored. What would change the answer and
// is not supported is a problem that names it.
std::variant<OllamaRequest, Problem> parse_ollama_request(std::string_view body, OllamaUse use,
                                                          const SamplingParams& defaults,
                                                          std::size_t max_depth);

}  // namespace pincer
