#include <array>
#include <cmath>
#include <string>

#include "pincer/engine/sampler.h"

namespace pincer {
namespace {

struct Range {
  const char* name;
  double value;
  double min;
  double max;
};

// Shortest form that still tells close values apart: "0.8", "nan", "1e+30".
std::string number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%g", value);
  return text.data();
}

Error out_of_range(const std::string& name, double value, const std::string& allowed) {
  return {ErrorCode::invalid_argument, name + " is " + number(value) + "; it must be " + allowed};
}

}  // namespace

Result<void> validate(const SamplingParams& params) {
  const Range ranges[] = {
      {"temperature", params.temperature, 0, 100},
      {"top_p", params.top_p, 0, 1},
      {"min_p", params.min_p, 0, 1},
      {"typical_p", params.typical_p, 0, 1},
      {"presence_penalty", params.presence_penalty, -2, 2},
      {"frequency_penalty", params.frequency_penalty, -2, 2},
  };
  for (const Range& range : ranges) {
    // Written so that NaN fails.
    if (!(range.value >= range.min && range.value <= range.max)) {
      return out_of_range(range.name, range.value,
                          "from " + number(range.min) + " to " + number(range.max));
    }
  }
  if (!(params.repetition_penalty > 0 && params.repetition_penalty <= 100)) {
    return out_of_range("repetition_penalty", params.repetition_penalty, "above 0, at most 100");
  }
  if (params.top_k < 0) return out_of_range("top_k", params.top_k, "0 (off) or more");
  if (params.penalty_window < -1) {
    return out_of_range("penalty_window", params.penalty_window, "-1 (all tokens) or more");
  }
  for (const auto& [token, bias] : params.logit_bias) {
    const std::string name = "logit_bias of token " + std::to_string(token);
    if (token < 0) {
      return Error{ErrorCode::invalid_argument, name + ": a token id cannot be negative"};
    }
    if (!(bias >= -100 && bias <= 100)) return out_of_range(name, bias, "from -100 to 100");
  }
  return {};
}

}  // namespace pincer
