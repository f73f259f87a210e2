#include "server/api/openai_completions_request.h"

#include <fmt/format.h>

#include <array>
#include <boost/json.hpp>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "server/api/json_body.h"
#include "server/api/json_fields.h"
#include "server/api/openai_format.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr auto kCompletionFields = std::to_array<std::string_view>(
    {"model", "prompt", "stream", "stream_options", "n", "best_of", "echo", "stop", "seed",
     "temperature", "top_p", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs",
     "max_tokens", "suffix", "user", "service_tier",
     // Extensions.
     "top_k", "min_p", "typical_p", "repetition_penalty", "grammar", "structured_outputs"});

constexpr int kDefaultMaxTokens = 16;  // as documented
constexpr int kMaxLogprobs = 20;       // documented are 5
constexpr std::size_t kMaxPrompts = 32;
constexpr std::size_t kMaxGenerations = 64;  // prompts and choices together

using RawPrompt = ChatRequest::RawPrompt;

// One token, or nothing if it is none.
std::optional<TokenId> token_of(const json::value& value) {
  if (!value.is_int64()) return std::nullopt;
  const std::int64_t id = value.get_int64();
  if (id < 0 || id > std::numeric_limits<TokenId>::max()) return std::nullopt;
  return static_cast<TokenId>(id);
}

RawPrompt parse_tokens(const json::array& array, std::string_view name, JsonFields& fields) {
  std::vector<TokenId> tokens;
  for (const json::value& item : array) {
    const auto token = token_of(item);
    if (!token) {
      fields.wrong_value(name, "it must be a string or an array of token ids");
      return {};
    }
    tokens.push_back(*token);
  }
  return tokens;
}

RawPrompt parse_prompt(const json::value& value, std::string_view name, JsonFields& fields) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_array()) return parse_tokens(value.get_array(), name, fields);
  fields.wrong_type(name, "a string or an array of token ids", value);
  return {};
}

std::vector<RawPrompt> parse_prompts(JsonFields& fields) {
  const json::value* prompt = fields.find("prompt");
  if (prompt == nullptr) {
    fields.wrong_value("prompt", "it must be given");
    return {};
  }
  // An array is several prompts, unless it has tokens in it.
  const json::array* array = prompt->if_array();
  const bool several = array != nullptr && !array->empty() &&
                       (array->front().is_string() || array->front().is_array());
  if (!several) return {parse_prompt(*prompt, "prompt", fields)};
  std::vector<RawPrompt> prompts;
  if (array->size() > kMaxPrompts)
    fields.wrong_value("prompt", fmt::format("at most {} are taken at once", kMaxPrompts));
  for (std::size_t i = 0; i < array->size() && !fields.failed(); ++i)
    prompts.push_back(parse_prompt((*array)[i], fmt::format("prompt[{}]", i), fields));
  return prompts;
}

void refuse_unsupported(JsonFields& fields, const OpenAiCompletionsRequest& request) {
  std::string suffix;
  if (fields.text("suffix", suffix) && !suffix.empty())
    fields.unsupported("suffix", "no model here fills in the middle of a text; leave it out");
  std::int64_t best_of = request.choices;
  fields.integer("best_of", best_of, 1, std::numeric_limits<int>::max());
  if (best_of != request.choices)
    fields.unsupported("best_of", "all choices are returned, so it must be equal to 'n'");
}

void parse_completion_logprobs(JsonFields& fields, bool echo, ChatRequest& chat) {
  std::int64_t logprobs = 0;
  if (!fields.integer("logprobs", logprobs, 0, kMaxLogprobs)) return;
  if (echo) {
    return fields.unsupported("logprobs",
                              "together with 'echo' it would be of the prompt's tokens as well, "
                              "which are not there; leave one of them out");
  }
  chat.want_logprobs = true;
  chat.top_logprobs = static_cast<int>(logprobs);
}

std::optional<Problem> parse_fields(const json::object& object, const SamplingParams& defaults,
                                    OpenAiCompletionsRequest& request) {
  std::optional<Problem> problem;
  JsonFields fields(object, "", problem);
  ChatRequest common;
  common.sampling = defaults;
  common.max_tokens = kDefaultMaxTokens;
  request.choices = parse_openai_choices(fields);
  refuse_unsupported(fields, request);
  fields.allow(kCompletionFields);
  parse_openai_sampling(fields, common);
  parse_openai_length(fields, "max_tokens", common);
  fields.boolean("echo", request.echo);
  parse_completion_logprobs(fields, request.echo, common);
  parse_openai_standing(fields, common);
  request.streaming = parse_openai_streaming(fields, problem);
  common.format = parse_format_extensions(fields, problem);
  for (RawPrompt& prompt : parse_prompts(fields)) {
    request.prompts.push_back(common);
    request.prompts.back().raw_prompt = std::move(prompt);
  }
  if (request.prompts.size() * static_cast<std::size_t>(request.choices) > kMaxGenerations)
    fields.wrong_value(
        "n", fmt::format("prompts and choices make more than {} answers", kMaxGenerations));
  return problem ? problem : sampling_problem(common.sampling);
}

}  // namespace

std::variant<OpenAiCompletionsRequest, Problem> parse_openai_completions(
    std::string_view body, const SamplingParams& defaults, std::size_t max_depth) {
  const auto object = parse_json_body(body, max_depth);
  if (const auto* problem = std::get_if<Problem>(&object)) return *problem;
  OpenAiCompletionsRequest request;
  if (auto problem = parse_fields(std::get<json::object>(object), defaults, request))
    return *std::move(problem);
  return request;
}

}  // namespace pincer
