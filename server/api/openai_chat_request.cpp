#include "server/api/openai_chat_request.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <random>
#include <utility>

#include "server/api/json_fields.h"
#include "server/api/openai_messages.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxStops = 16;
constexpr std::size_t kMaxStopBytes = 1024;
constexpr std::size_t kMaxBiases = 1024;
constexpr int kMaxTopLogprobs = 20;
constexpr int kMaxChoices = 32;
constexpr std::int64_t kMaxInt = std::numeric_limits<int>::max();

void parse_stops(JsonFields& fields, std::vector<std::string>& stops) {
  const json::value* value = fields.find("stop");
  if (value == nullptr) return;
  json::array one;
  if (value->is_string()) one.push_back(*value);
  if (!value->is_string() && !value->is_array())
    return fields.wrong_type("stop", "a string or an array", *value);
  const json::array& array = value->is_array() ? value->get_array() : one;
  if (array.size() > kMaxStops)
    return fields.wrong_value("stop", fmt::format("at most {} are taken", kMaxStops));
  for (const json::value& stop : array) {
    if (!stop.is_string()) return fields.wrong_type("stop", "an array of strings", stop);
    if (stop.get_string().empty() || stop.get_string().size() > kMaxStopBytes) {
      return fields.wrong_value("stop",
                                fmt::format("a stop string has from 1 to {} bytes", kMaxStopBytes));
    }
    stops.emplace_back(stop.get_string().data(), stop.get_string().size());
  }
}

void parse_logit_bias(JsonFields& fields, std::vector<std::pair<TokenId, float>>& biases) {
  const json::object* object = fields.object("logit_bias");
  if (object == nullptr) return;
  if (object->size() > kMaxBiases) {
    return fields.wrong_value("logit_bias", fmt::format("at most {} tokens are taken", kMaxBiases));
  }
  for (const auto& [key, value] : *object) {
    TokenId token = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), token);
    if (error != std::errc{} || end != key.data() + key.size() || token < 0) {
      return fields.wrong_value("logit_bias",
                                fmt::format("'{}' is not a token id", std::string_view(key)));
    }
    if (!value.is_number()) return fields.wrong_type("logit_bias", "numbers", value);
    const double bias = value.to_number<double>();
    if (!(bias >= -100 && bias <= 100))
      return fields.wrong_value("logit_bias", "a bias is from -100 to 100");
    biases.emplace_back(token, static_cast<float>(bias));
  }
}

void parse_sampling(JsonFields& fields, SamplingParams& sampling) {
  fields.number("temperature", sampling.temperature, 0, 2);
  fields.number("top_p", sampling.top_p, 0, 1);
  fields.number("min_p", sampling.min_p, 0, 1);
  fields.number("typical_p", sampling.typical_p, 0, 1);
  fields.number("presence_penalty", sampling.presence_penalty, -2, 2);
  fields.number("frequency_penalty", sampling.frequency_penalty, -2, 2);
  fields.number("repetition_penalty", sampling.repetition_penalty, 0.01, 10);
  std::int64_t top_k = sampling.top_k;
  fields.integer("top_k", top_k, -1, kMaxInt);
  sampling.top_k = static_cast<int>(std::max<std::int64_t>(top_k, 0));  // -1 is vLLM's "off"

  std::int64_t seed = 0;
  constexpr auto kLow = std::numeric_limits<std::int64_t>::min(),
                 kHigh = std::numeric_limits<std::int64_t>::max();
  if (fields.integer("seed", seed, kLow, kHigh)) {
    sampling.seed = static_cast<std::uint64_t>(seed);
  } else {
    std::random_device device;
    sampling.seed = (std::uint64_t{device()} << 32) | device();
  }
  parse_logit_bias(fields, sampling.logit_bias);
}

void parse_lengths(JsonFields& fields, OpenAiChatRequest& request) {
  std::int64_t max_tokens = -1, n = 1;
  fields.integer("max_tokens", max_tokens, 1, kMaxInt);
  fields.integer("max_completion_tokens", max_tokens, 1, kMaxInt);  // the newer name wins
  request.chat.max_tokens = static_cast<int>(max_tokens);
  fields.integer("n", n, 1, kMaxChoices);
  request.choices = static_cast<int>(n);
}

void parse_logprobs(JsonFields& fields, ChatRequest& chat) {
  fields.boolean("logprobs", chat.want_logprobs);
  std::int64_t top = 0;
  if (!fields.integer("top_logprobs", top, 0, kMaxTopLogprobs)) return;
  if (!chat.want_logprobs) fields.wrong_value("top_logprobs", "it needs 'logprobs' to be true");
  chat.top_logprobs = static_cast<int>(top);
}

void parse_stream(JsonFields& fields, OpenAiChatRequest& request, std::optional<Problem>& problem) {
  fields.boolean("stream", request.stream);
  const json::object* options = fields.object("stream_options");
  if (options == nullptr) return;
  if (!request.stream) return fields.wrong_value("stream_options", "it needs 'stream' to be true");
  JsonFields(*options, "stream_options.", problem).boolean("include_usage", request.include_usage);
}

// Whose share of the server it takes, and before whom it comes.
void parse_standing(JsonFields& fields, ChatRequest& chat) {
  fields.text("user", chat.client);
  std::string tier = "auto";
  fields.text("service_tier", tier);
  if (tier == "priority") {
    chat.priority = 1;
  } else if (tier == "flex") {
    chat.priority = -1;
  } else if (tier != "auto" && tier != "default") {
    fields.wrong_value("service_tier", "it must be 'auto', 'default', 'flex' or 'priority'");
  }
}

// Refuses what would change the answer; what merely describes the request is ignored.
void refuse_unsupported(JsonFields& fields, std::optional<Problem>& problem) {
  const json::value* choice = fields.find("tool_choice");
  const bool no_tools = choice != nullptr && choice->is_string() && choice->get_string() == "none";
  const bool automatic = choice != nullptr && choice->is_string() && choice->get_string() == "auto";
  if (choice != nullptr && !no_tools && !automatic) {
    fields.unsupported("tool_choice",
                       "tools are not supported yet; only 'none' and 'auto' are taken");
  }
  for (const std::string_view key : {"tools", "functions"}) {
    const json::value* tools = fields.find(key);
    if (tools == nullptr) continue;
    if (!tools->is_array()) return fields.wrong_type(key, "an array", *tools);
    if (!tools->get_array().empty() && !no_tools)
      fields.unsupported(key, "tools are not supported yet; leave it out");
  }
  if (const json::object* format = fields.object("response_format")) {
    std::string type;
    JsonFields inner(*format, "response_format.", problem);
    if (!inner.text("type", type)) inner.wrong_value("type", "it must be given");
    if (type != "text")
      inner.unsupported("type", fmt::format("'{}' is not supported yet, only 'text'", type));
  }
  if (const json::value* modalities = fields.find("modalities")) {
    if (*modalities != json::array{"text"})
      fields.unsupported("modalities", "only [\"text\"] is supported");
  }
  for (const std::string_view key : {"audio", "web_search_options"}) {
    if (fields.find(key)) fields.unsupported(key, "it is not supported; leave it out");
  }
}

std::optional<Problem> parse_fields(const json::object& object, OpenAiChatRequest& request) {
  std::optional<Problem> problem;
  JsonFields fields(object, "", problem);
  if (!fields.text("model", request.chat.model))
    fields.wrong_value("model", "it must name the model");
  request.chat.messages = parse_openai_messages(fields, problem);
  parse_sampling(fields, request.chat.sampling);
  parse_lengths(fields, request);
  parse_stops(fields, request.chat.stops);
  parse_logprobs(fields, request.chat);
  parse_standing(fields, request.chat);
  parse_stream(fields, request, problem);
  refuse_unsupported(fields, problem);
  if (problem) return problem;
  if (const auto valid = validate(request.chat.sampling); !valid) {
    problem = Problem{.message = valid.error().message, .code = "invalid_value"};
  }
  return problem;
}

}  // namespace

std::variant<OpenAiChatRequest, Problem> parse_openai_chat(std::string_view body,
                                                           const SamplingParams& defaults,
                                                           std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code error;
  const json::value value =
      json::parse(body, error, json::make_shared_resource<json::monotonic_resource>(), options);
  if (error) {
    return Problem{.message = fmt::format("The body is not valid JSON: {}.", error.message()),
                   .code = "invalid_json"};
  }
  if (!value.is_object()) {
    return Problem{
        .message = fmt::format("The body must be a JSON object, but is {}.", json_kind_name(value)),
        .code = "invalid_type"};
  }
  OpenAiChatRequest request;
  request.chat.sampling = defaults;
  if (auto problem = parse_fields(value.get_object(), request)) return *std::move(problem);
  return request;
}

}  // namespace pincer
