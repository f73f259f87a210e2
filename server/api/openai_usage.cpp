#include "server/api/openai_usage.h"

#include <boost/json.hpp>
#include <ctime>

#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

double per_second(int tokens, double seconds) { return seconds > 0 ? tokens / seconds : 0; }

}  // namespace

std::string event_head(const AnswerHead& head, std::string_view object) {
  std::string text = json::serialize(json::object{{"id", head.id},
                                                  {"object", object},
                                                  {"created", head.created},
                                                  {"model", head.model},
                                                  {"system_fingerprint", head.fingerprint}});
  text.pop_back();  // the closing brace
  return text;
}

AnswerHead answer_head(std::string_view prefix, const Backend& backend) {
  return {random_id(prefix), std::time(nullptr), backend.model(), backend.fingerprint()};
}

json::object usage_json(const AnswerUsage& usage) {
  return {{"prompt_tokens", usage.prompt_tokens},
          {"completion_tokens", usage.completion_tokens},
          {"total_tokens", usage.prompt_tokens + usage.completion_tokens},
          {"prompt_tokens_details", {{"cached_tokens", usage.cached_tokens}}},
          {"completion_tokens_details", {{"reasoning_tokens", usage.reasoning_tokens}}}};
}

json::object timings_json(const Finish& finish) {
  const int decoded = finish.generated_tokens > 0 ? finish.generated_tokens - 1
                                                  : 0;  // the first comes from the prefill
  const int prefilled = finish.prompt_tokens - finish.cached_tokens;
  return {{"queued_ms", finish.queued_seconds * 1e3},
          {"cache_n", finish.cached_tokens},
          {"prompt_n", prefilled},
          {"prompt_ms", finish.prefill_seconds * 1e3},
          {"prompt_per_second", per_second(prefilled, finish.prefill_seconds)},
          {"predicted_n", finish.generated_tokens},
          {"predicted_ms", finish.decode_seconds * 1e3},
          {"predicted_per_second", per_second(decoded, finish.decode_seconds)},
          {"draft_n", finish.drafted},
          {"draft_n_accepted", finish.accepted}};
}

std::string_view openai_finish_reason(AnswerEnd::Reason reason) {
  switch (reason) {
    case AnswerEnd::Reason::length:
      return "length";
    case AnswerEnd::Reason::tool_calls:
      return "tool_calls";
    case AnswerEnd::Reason::stop:
    case AnswerEnd::Reason::stop_string:
      break;
  }
  return "stop";
}

}  // namespace pincer
