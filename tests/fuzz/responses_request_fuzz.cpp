// libFuzzer target: any body is either a Responses request or a problem that can be told to its
// sender.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "server/api/openai_error.h"
#include "server/api/responses_request.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace pincer;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  auto parsed = parse_responses_request(body, SamplingParams{}, 32);
  if (const auto* problem = std::get_if<Problem>(&parsed)) {
    if (problem->status != 400 || problem->message.empty() || openai_error_body(*problem).empty())
      std::abort();
    return 0;
  }
  auto& request = std::get<ResponsesRequest>(parsed);
  if (request.input_items.empty()) std::abort();
  for (const auto& item : request.input_items) {
    if (!item.is_object() || !item.get_object().contains("id")) std::abort();
  }
  const auto problem = join_history(request, {});
  if (problem && problem->message.empty()) std::abort();
  return 0;
}
