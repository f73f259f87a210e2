#include "server/api/responses_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <iterator>
#include <utility>

#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/openai_format.h"
#include "server/api/openai_sampling.h"
#include "server/api/openai_tool_history.h"
#include "server/api/openai_tools.h"
#include "server/api/request_limits.h"
#include "server/api/responses_input.h"
#include "server/chat/jinja_value.h"

namespace pincer {
namespace json = boost::json;

namespace {

// 0.7 for 0.7f, and not 0.699999988.
double shortest(float value) { return std::stod(fmt::format("{}", value)); }

constexpr auto kResponseFields = std::to_array<std::string_view>(
    {"model", "input", "instructions", "previous_response_id", "stream", "stream_options", "store",
     "include", "max_output_tokens", "temperature", "top_p", "top_logprobs", "tools", "tool_choice",
     "parallel_tool_calls", "text", "reasoning", "truncation", "background", "user", "service_tier",
     // Without an effect on the answer.
     "metadata", "safety_identifier", "prompt_cache_key", "prompt_cache_retention",
     "max_tool_calls",
     // Extensions.
     "top_k", "min_p", "typical_p", "repetition_penalty", "presence_penalty", "frequency_penalty",
     "logit_bias", "seed", "stop", "grammar", "structured_outputs", "chat_template_kwargs"});

class RequestParser {
 public:
  RequestParser(const json::object& body, const SamplingParams& defaults)
      : fields_(body, "", problem_) {
    request_.chat.sampling = defaults;
  }

  std::variant<ResponsesRequest, Problem> parse() {
    fields_.allow(kResponseFields);
    refuse_unsupported();
    parse_openai_sampling(fields_, request_.chat);
    ResponsesInput input = parse_responses_input(fields_, problem_);
    request_.chat.messages = std::move(input.messages);
    request_.input_items = std::move(input.items);
    fields_.text("instructions", request_.instructions);
    parse_state();
    request_.stream = parse_openai_streaming(fields_, problem_).stream;
    parse_openai_length(fields_, "max_output_tokens", request_.chat);
    parse_logprobs();
    parse_openai_standing(fields_, request_.chat);
    parse_openai_metadata(fields_);
    parse_openai_tools(fields_, ToolForm::flat, request_.chat, problem_);
    parse_format();
    parse_reasoning();
    if (!problem_) problem_ = sampling_problem(request_.chat.sampling);
    if (problem_) return *std::move(problem_);
    write_echo();
    return std::move(request_);
  }

 private:
  void refuse_unsupported() {
    bool background = false;
    if (fields_.boolean("background", background) && background) {
      fields_.unsupported(
          "background", "responses are not made in the background; use 'stream' to see them grow");
    }
    std::string truncation = "disabled";
    fields_.text("truncation", truncation);
    if (truncation != "disabled")
      fields_.unsupported("truncation", "only 'disabled' is supported: nothing is dropped unasked");
  }

  void parse_state() {
    std::string previous;
    if (fields_.text("previous_response_id", previous))
      request_.previous_response_id = std::move(previous);
    fields_.boolean("store", request_.store);
  }

  void parse_logprobs() {
    ChatRequest& chat = request_.chat;
    const json::value* include = fields_.find("include");
    if (include != nullptr && !include->is_array())
      return fields_.wrong_type("include", "an array", *include);
    for (const json::value& item : include ? include->get_array() : json::array()) {
      if (!item.is_string()) return fields_.wrong_type("include", "an array of strings", item);
      const std::string_view what = item.get_string();
      if (what == "message.output_text.logprobs") {
        chat.want_logprobs = true;
      } else if (what != "reasoning.encrypted_content") {  // it is there, and not encrypted
        fields_.unsupported("include", fmt::format("'{}' is not there; leave it out", what));
      }
    }
    std::int64_t top = 0;
    if (!fields_.integer("top_logprobs", top, 0, kMaxTopLogprobs)) return;
    chat.want_logprobs = chat.want_logprobs || top > 0;
    chat.top_logprobs = static_cast<int>(top);
  }

  void parse_format() {
    ChatRequest& chat = request_.chat;
    if (const json::object* text = fields_.object("text")) {
      JsonFields inner(*text, "text.", problem_);
      inner.allow(std::array<std::string_view, 2>{"format", "verbosity"});
      std::string verbosity = "medium";
      inner.text("verbosity", verbosity);
      if (verbosity != "medium")
        inner.unsupported("verbosity", "only 'medium' is supported; say it in the instructions");
      if (const json::object* format = inner.object("format"))
        chat.format = parse_text_format(*format, "text.format.", problem_);
    }
    auto extension = parse_format_extensions(fields_, problem_);
    if (extension && chat.format) {
      fields_.wrong_value("text", "the answer's form is given twice; leave one of them out");
    } else if (extension) {
      chat.format = std::move(extension);
    }
  }

  void parse_reasoning() {
    if (const json::object* options = fields_.object("chat_template_kwargs")) {
      for (const auto& [key, value] : *options)
        request_.chat.template_options.emplace_back(std::string(key), jinja_value(value));
    }
    const json::object* reasoning = fields_.object("reasoning");
    if (reasoning == nullptr) return;
    JsonFields inner(*reasoning, "reasoning.", problem_);
    inner.allow(std::array<std::string_view, 3>{"effort", "summary", "generate_summary"});
    inner.text("effort", request_.chat.reasoning_effort);
    for (const std::string_view key : {"summary", "generate_summary"}) {
      std::string summary = "auto";
      inner.text(key, summary);
      if (summary != "auto")
        inner.unsupported(key, "reasoning is not summarized but shown; leave it out");
    }
  }

  json::value given(std::string_view key, const json::value& otherwise) const {
    const json::value* value = fields_.find(key);
    return value != nullptr ? *value : otherwise;
  }

  void write_echo() {
    const ChatRequest& chat = request_.chat;
    json::object text{{"format", {{"type", "text"}}}};
    if (const json::value* asked = fields_.find("text")) {
      if (const json::value* format = asked->get_object().if_contains("format"))
        text["format"] = *format;
    }
    json::value effort;
    if (!chat.reasoning_effort.empty()) effort = chat.reasoning_effort;
    request_.echo = {
        {"background", false},
        {"instructions", given("instructions", nullptr)},
        {"max_output_tokens", given("max_output_tokens", nullptr)},
        {"max_tool_calls", given("max_tool_calls", nullptr)},
        {"metadata", given("metadata", json::object())},
        {"model", chat.model},
        {"parallel_tool_calls", chat.parallel_tool_calls},
        {"previous_response_id", given("previous_response_id", nullptr)},
        {"prompt_cache_key", given("prompt_cache_key", nullptr)},
        {"reasoning", {{"effort", std::move(effort)}, {"summary", nullptr}}},
        {"safety_identifier", given("safety_identifier", nullptr)},
        {"service_tier", given("service_tier", "default")},
        {"store", request_.store},
        {"temperature", given("temperature", shortest(chat.sampling.temperature))},
        {"text", std::move(text)},
        {"tool_choice", given("tool_choice", "auto")},
        {"top_logprobs", chat.top_logprobs},
        {"top_p", given("top_p", shortest(chat.sampling.top_p))},
        {"truncation", "disabled"},
    };
    // Of these members the only one that must be a string if it is there.
    if (const json::value* user = fields_.find("user"); user != nullptr && user->is_string())
      request_.echo["user"] = *user;
  }

  std::optional<Problem> problem_;
  JsonFields fields_;
  ResponsesRequest request_;
};

}  // namespace

std::variant<ResponsesRequest, Problem> parse_responses_request(std::string_view body,
                                                                const SamplingParams& defaults,
                                                                std::size_t max_depth) {
  const auto object = parse_json_body(body, max_depth);
  if (const auto* problem = std::get_if<Problem>(&object)) return *problem;
  return read_responses_request(std::get<json::object>(object), defaults);
}

std::variant<ResponsesRequest, Problem> read_responses_request(const json::object& body,
                                                               const SamplingParams& defaults) {
  return RequestParser(body, defaults).parse();
}

std::optional<Problem> join_history(ResponsesRequest& request, std::vector<Message> history) {
  std::vector<Message>& messages = request.chat.messages;
  history.insert(history.end(), std::make_move_iterator(messages.begin()),
                 std::make_move_iterator(messages.end()));
  messages = std::move(history);
  const auto wrong = find_wrong_tool_history(messages);
  if (!request.instructions.empty())
    messages.insert(messages.begin(), {.role = "system", .content = request.instructions});
  if (!wrong) return std::nullopt;
  return Problem{.message = fmt::format("Invalid value for 'input': {}.", wrong->why),
                 .param = "input",
                 .code = "invalid_value"};
}

}  // namespace pincer
