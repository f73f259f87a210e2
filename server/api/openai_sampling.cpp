#include "server/api/openai_sampling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "server/api/request_limits.h"
#include "server/api/stop_strings.h"
#include "server/http/random_id.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxBiases = 1024;
constexpr int kMaxChoices = 32;
constexpr std::size_t kMaxMetadata = 16;

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

void parse_parameters(JsonFields& fields, SamplingParams& sampling) {
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
    sampling.seed = random_seed();
  }
  parse_logit_bias(fields, sampling.logit_bias);
}

}  // namespace

void parse_openai_sampling(JsonFields& fields, ChatRequest& chat) {
  if (fields.text("model", chat.model) && chat.model.empty())
    fields.wrong_value("model", "it must name the model");
  parse_parameters(fields, chat.sampling);
  parse_stops(fields, EmptyStop::refused, chat.stops);
}

void parse_openai_standing(JsonFields& fields, ChatRequest& chat) {
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

int parse_openai_choices(JsonFields& fields) {
  std::int64_t n = 1;
  fields.integer("n", n, 1, kMaxChoices);
  return static_cast<int>(n);
}

void parse_openai_length(JsonFields& fields, std::string_view key, ChatRequest& chat) {
  std::int64_t most = 0;
  if (fields.integer(key, most, 1, kMaxInt)) chat.max_tokens = static_cast<int>(most);
}

OpenAiStreaming parse_openai_streaming(JsonFields& fields, std::optional<Problem>& problem) {
  OpenAiStreaming streaming;
  fields.boolean("stream", streaming.stream);
  const json::object* options = fields.object("stream_options");
  if (options == nullptr) return streaming;
  if (!streaming.stream) fields.wrong_value("stream_options", "it needs 'stream' to be true");
  JsonFields inner(*options, "stream_options.", problem);
  inner.allow(std::to_array<std::string_view>({"include_usage", "include_obfuscation"}));
  inner.boolean("include_usage", streaming.include_usage);
  bool obfuscation = false;  // padding against those who measure events; there is none here
  inner.boolean("include_obfuscation", obfuscation);
  return streaming;
}

void parse_openai_metadata(JsonFields& fields) {
  const json::object* metadata = fields.object("metadata");
  if (metadata == nullptr) return;
  if (metadata->size() > kMaxMetadata)
    return fields.wrong_value("metadata", fmt::format("at most {} pairs are taken", kMaxMetadata));
  for (const auto& [key, value] : *metadata) {
    if (!value.is_string()) return fields.wrong_type("metadata", "strings as values", value);
  }
}

std::optional<Problem> sampling_problem(const SamplingParams& sampling) {
  const auto valid = validate(sampling);
  if (valid) return std::nullopt;
  return Problem{.message = valid.error().message, .code = "invalid_value"};
}

}  // namespace pincer
