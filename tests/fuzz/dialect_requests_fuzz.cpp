// libFuzzer target: whatever the dialect, any body is either a request or a problem that can be
// told to its sender. The first byte says which dialect.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "pincer/engine/sampler.h"
#include "server/api/anthropic_error.h"
#include "server/api/anthropic_request.h"
#include "server/api/ollama_error.h"
#include "server/api/ollama_request.h"
#include "server/api/openai_embeddings_request.h"
#include "server/api/openai_error.h"

namespace pincer {
namespace {

constexpr std::size_t kDepth = 32;

void check(const Problem& problem, const std::string& body) {
  if (problem.status != 400 || problem.message.empty() || body.empty()) std::abort();
}

void check(const ChatRequest& chat) {
  if (!validate(chat.sampling).ok() || chat.max_tokens < -1 || chat.stops.size() > 16) std::abort();
}

void anthropic(std::string_view body, AnthropicUse use) {
  const auto parsed = parse_anthropic_request(body, use, SamplingParams{}, kDepth);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    check(*problem, anthropic_error_body(*problem));
  } else {
    check(std::get<AnthropicRequest>(parsed).chat);
  }
}

void ollama(std::string_view body, OllamaUse use) {
  const auto parsed = parse_ollama_request(body, use, SamplingParams{}, kDepth);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    check(*problem, ollama_error_body(*problem));
  } else {
    check(std::get<OllamaRequest>(parsed).chat);
  }
}

void embeddings(std::string_view body) {
  const auto parsed = parse_openai_embeddings(body, kDepth);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    check(*problem, openai_error_body(*problem));
  } else if (std::get<OpenAiEmbeddingsRequest>(parsed).job.inputs.empty()) {
    std::abort();
  }
}

}  // namespace
}  // namespace pincer

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pincer;
  if (size == 0) return 0;
  const std::string_view body(reinterpret_cast<const char*>(data) + 1, size - 1);
  switch (data[0] % 5) {
    case 0:
      anthropic(body, AnthropicUse::answer);
      break;
    case 1:
      anthropic(body, AnthropicUse::count_tokens);
      break;
    case 2:
      ollama(body, OllamaUse::chat);
      break;
    case 3:
      ollama(body, OllamaUse::generate);
      break;
    default:
      embeddings(body);
  }
  return 0;
}
