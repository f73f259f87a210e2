#include "server/api/openai_chat_request.h"

#include <array>
#include <boost/json.hpp>
#include <string>
#include <utility>

#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/logprobs_fields.h"
#include "server/api/openai_format.h"
#include "server/api/openai_messages.h"
#include "server/api/openai_sampling.h"
#include "server/api/openai_tools.h"
#include "server/chat/jinja_value.h"

namespace pincer {
namespace json = boost::json;

namespace {

// All that is taken. What is not listed is refused by name, so that nobody waits for an effect.
constexpr auto kChatFields = std::to_array<std::string_view>(
    {"model", "messages", "stream", "stream_options", "n", "stop", "seed", "temperature", "top_p",
     "presence_penalty", "frequency_penalty", "logit_bias", "logprobs", "top_logprobs",
     "max_tokens", "max_completion_tokens", "tools", "tool_choice", "parallel_tool_calls",
     "response_format", "reasoning_effort", "modalities", "user", "service_tier",
     // Without an effect on the answer.
     "metadata", "store", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
     // Extensions.
     "top_k", "min_p", "typical_p", "repetition_penalty", "grammar", "structured_outputs",
     "chat_template_kwargs", "add_generation_prompt", "continue_final_message"});

// What a template gets beside the messages.
void parse_template_options(JsonFields& fields, ChatRequest& chat) {
  fields.text("reasoning_effort", chat.reasoning_effort);
  const json::object* options = fields.object("chat_template_kwargs");
  if (options == nullptr) return;
  for (const auto& [key, value] : *options)
    chat.template_options.emplace_back(std::string(key), jinja_value(value));
}

// Going on with the assistant's last message: as vLLM says it, or as DeepSeek does.
void parse_continuation(JsonFields& fields, bool prefix, ChatRequest& chat) {
  chat.continue_last = prefix;
  fields.boolean("continue_final_message", chat.continue_last);
  const bool given = fields.boolean("add_generation_prompt", chat.add_generation_prompt);
  if (!chat.continue_last || fields.failed()) return;
  if (given && chat.add_generation_prompt) {
    return fields.wrong_value("add_generation_prompt",
                              "it must be false where the last message is continued");
  }
  if (chat.messages.back().role != "assistant") {
    fields.wrong_value("continue_final_message", "the last message must be the assistant's");
  } else if (!chat.messages.back().tool_calls.empty()) {
    fields.wrong_value("continue_final_message", "a message with tool calls has ended");
  }
}

void parse_format(JsonFields& fields, ChatRequest& chat, std::optional<Problem>& problem) {
  const json::object* format = fields.object("response_format");
  if (format != nullptr) chat.format = parse_response_format(*format, "response_format.", problem);
  auto extension = parse_format_extensions(fields, problem);
  if (!extension) return;
  if (chat.format) {
    return fields.wrong_value("response_format",
                              "the answer's form is given twice; leave one of them out");
  }
  chat.format = std::move(extension);
}

void refuse_unsupported(JsonFields& fields) {
  if (const json::value* modalities = fields.find("modalities")) {
    if (*modalities != json::array{"text"})
      fields.unsupported("modalities", "only [\"text\"] is supported");
  }
  for (const std::string_view key : {"functions", "function_call"}) {
    if (fields.find(key)) fields.unsupported(key, "it is outdated; use 'tools' and 'tool_choice'");
  }
  for (const std::string_view key : {"audio", "web_search_options", "prediction", "verbosity"}) {
    if (fields.find(key)) fields.unsupported(key, "it is not supported; leave it out");
  }
}

std::optional<Problem> parse_fields(const json::object& object, OpenAiChatRequest& request) {
  std::optional<Problem> problem;
  ChatRequest& chat = request.chat;
  JsonFields fields(object, "", problem);
  refuse_unsupported(fields);
  fields.allow(kChatFields);
  parse_openai_sampling(fields, chat);
  OpenAiMessages messages = parse_openai_messages(fields, problem);
  chat.messages = std::move(messages.messages);
  parse_openai_length(fields, "max_tokens", chat);
  parse_openai_length(fields, "max_completion_tokens", chat);  // the newer name wins
  request.choices = parse_openai_choices(fields);
  parse_logprobs(fields, chat);
  parse_openai_standing(fields, chat);
  parse_openai_metadata(fields);
  request.streaming = parse_openai_streaming(fields, problem);
  parse_openai_tools(fields, ToolForm::wrapped, chat, problem);
  parse_format(fields, chat, problem);
  parse_template_options(fields, chat);
  if (!problem) parse_continuation(fields, messages.prefix, chat);
  return problem ? problem : sampling_problem(chat.sampling);
}

}  // namespace

std::variant<OpenAiChatRequest, Problem> parse_openai_chat(std::string_view body,
                                                           const SamplingParams& defaults,
                                                           std::size_t max_depth) {
  const auto object = parse_json_body(body, max_depth);
  if (const auto* problem = std::get_if<Problem>(&object)) return *problem;
  OpenAiChatRequest request;
  request.chat.sampling = defaults;
  if (auto problem = parse_fields(std::get<json::object>(object), request))
    return *std::move(problem);
  return request;
}

}  // namespace pincer
