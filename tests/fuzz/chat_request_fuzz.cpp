// libFuzzer target: any body is either a chat request or a problem that can be told to its sender.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "pincer/engine/sampler.h"
#include "server/api/openai_chat_request.h"
#include "server/api/openai_error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pincer;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_openai_chat(body, SamplingParams{}, 32);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    if (problem->status != 400 || problem->message.empty() || openai_error_body(*problem).empty())
      std::abort();
    return 0;
  }
  const ChatRequest& chat = std::get<OpenAiChatRequest>(parsed).chat;
  const bool sound = !chat.messages.empty() && validate(chat.sampling).ok() &&
                     chat.max_tokens != 0 && chat.top_logprobs >= 0 && chat.top_logprobs <= 20 &&
                     chat.stops.size() <= 16;
  if (!sound) std::abort();
  return 0;
}
