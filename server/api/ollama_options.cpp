#include "server/api/ollama_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <limits>
#include <random>
#include <string_view>
#include <utility>

#include "server/api/json_fields.h"
#include "server/api/request_limits.h"
#include "server/api/stop_strings.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 15> kKnown = {"temperature",
                                                     "top_k",
                                                     "top_p",
                                                     "min_p",
                                                     "typical_p",
                                                     "repeat_penalty",
                                                     "presence_penalty",
                                                     "frequency_penalty",
                                                     "repeat_last_n",
                                                     "num_predict",
                                                     "seed",
                                                     "stop",
                                                     "num_ctx",
                                                     "penalize_newline",
                                                     "mirostat"};
// How a model is run; and what only counts with mirostat.
constexpr std::array<std::string_view, 14> kWithoutEffect = {
    "num_keep", "num_batch", "num_gpu", "main_gpu",   "num_thread",   "use_mmap",     "use_mlock",
    "low_vram", "numa",      "f16_kv",  "vocab_only", "mirostat_eta", "mirostat_tau", "logits_all"};

void parse_sampling(JsonFields& fields, SamplingParams& sampling) {
  fields.number("temperature", sampling.temperature, 0, 100);
  fields.number("top_p", sampling.top_p, 0, 1);
  fields.number("min_p", sampling.min_p, 0, 1);
  fields.number("typical_p", sampling.typical_p, 0, 1);
  fields.number("repeat_penalty", sampling.repetition_penalty, 0.01, 100);
  fields.number("presence_penalty", sampling.presence_penalty, -2, 2);
  fields.number("frequency_penalty", sampling.frequency_penalty, -2, 2);
  std::int64_t top_k = sampling.top_k, window = sampling.penalty_window, seed = 0;
  fields.integer("top_k", top_k, 0, kMaxInt);
  sampling.top_k = static_cast<int>(top_k);
  if (fields.integer("repeat_last_n", window, -1, kMaxInt) && window == 0) {
    sampling.repetition_penalty = 1;  // off, as Ollama has it
  } else {
    sampling.penalty_window = static_cast<int>(window);
  }
  if (fields.integer("seed", seed, std::numeric_limits<std::int64_t>::min(),
                     std::numeric_limits<std::int64_t>::max())) {
    sampling.seed = static_cast<std::uint64_t>(seed);
  }
}

void refuse_unsupported(JsonFields& fields, const json::object& options) {
  std::int64_t mirostat = 0;
  fields.integer("mirostat", mirostat, 0, 2);
  if (mirostat != 0)
    fields.unsupported("mirostat", "it is not supported; use top_p, min_p or typical_p");
  bool newline = true;
  fields.boolean("penalize_newline", newline);
  if (!newline) fields.unsupported("penalize_newline", "newlines cannot be spared from penalties");
  for (const auto& [key, value] : options) {
    if (value.is_null()) continue;
    const std::string_view name(key.data(), key.size());
    if (std::ranges::find(kKnown, name) == kKnown.end() &&
        std::ranges::find(kWithoutEffect, name) == kWithoutEffect.end())
      fields.unsupported(name, "there is no such option here; leave it out");
  }
}

// The number that a duration of Go's notation begins with: "-1m" is below 0, "0s" is 0.
std::optional<double> leading_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

}  // namespace

int parse_ollama_options(const json::object& options, ChatRequest& chat,
                         std::optional<Problem>& problem) {
  JsonFields fields(options, "options.", problem);
  parse_sampling(fields, chat.sampling);
  parse_stops(fields, EmptyStop::left_out, chat.stops);
  std::int64_t predict = -1, context = 0;
  fields.integer("num_predict", predict, -2, kMaxInt);  // up to 0: to the context's end
  chat.max_tokens = predict > 0 ? static_cast<int>(predict) : -1;
  fields.integer("num_ctx", context, 1, kMaxInt);
  refuse_unsupported(fields, options);
  return static_cast<int>(context);
}

std::optional<Problem> context_problem(int num_ctx, int context) {
  if (num_ctx <= context) return std::nullopt;
  return Problem{
      .message = fmt::format("Invalid value for 'options.num_ctx': the model runs with a "
                             "context of {} tokens, but {} were asked for; ask for less, "
                             "or start the server with a larger --context.",
                             context, num_ctx),
      .param = "options.num_ctx",
      .code = "invalid_value"};
}

void check_ollama_keep_alive(const json::object& body, std::optional<Problem>& problem) {
  JsonFields fields(body, "", problem);
  const json::value* value = fields.find("keep_alive");
  if (value == nullptr) return;
  std::optional<double> duration;
  if (value->is_number()) {
    duration = value->to_number<double>();
  } else if (value->is_string()) {
    duration = leading_number({value->get_string().data(), value->get_string().size()});
  } else {
    return fields.wrong_type("keep_alive", "a duration", *value);
  }
  if (!duration)
    return fields.wrong_value("keep_alive", "it must be seconds or a duration such as '5m'");
  if (*duration == 0) {
    fields.unsupported("keep_alive",
                       "models are not unloaded on request: they make room when another one needs "
                       "it; leave it out");
  }
}

}  // namespace pincer
