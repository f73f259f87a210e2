#include "pincer/engine/perplexity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/evaluate/teacher_forcing.h"

namespace pincer {

Result<PerplexityResult> perplexity(const Model& model, std::span<const TokenId> tokens,
                                    const PerplexityOptions& options) {
  const int window = options.window;
  if (tokens.size() < 2) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the text has {} tokens; perplexity needs at least 2", tokens.size())};
  }
  const int before = options.bos >= 0 ? 1 : 0;
  if (window < 1 + before || window > model.config.context) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("a window of {} tokens is not possible; this model takes {} to {}",
                             window, 1 + before, model.config.context)};
  }
  auto reader = TeacherForcing::create(model, window, options.kv, options.threads);
  if (!reader) return reader.error();
  PerplexityResult result;
  const auto step = static_cast<std::size_t>(window - before);
  std::vector<TokenId> text;  // of a window
  for (std::size_t begin = 0; begin + 1 < tokens.size(); begin += step) {
    const auto own = tokens.subspan(begin, std::min(step, tokens.size() - begin));
    text.clear();
    if (before > 0) text.push_back(options.bos);
    text.insert(text.end(), own.begin(), own.end());
    (*reader)->show(text);
    const std::size_t predicted = std::min(own.size(), tokens.size() - 1 - begin);
    result.mean_nll += (*reader)->negative_log_likelihood(
        before, tokens.subspan(begin + 1, predicted), &result.top);  // a sum until the end
    if (options.progress) {
      options.progress(static_cast<std::int64_t>(result.top.size()),
                       static_cast<std::int64_t>(tokens.size()) - 1);
    }
  }
  result.tokens = static_cast<std::int64_t>(result.top.size());
  result.mean_nll /= static_cast<double>(result.tokens);
  result.perplexity = std::exp(result.mean_nll);
  return result;
}

double top_agreement(const PerplexityResult& a, const PerplexityResult& b) {
  const std::size_t count = std::min(a.top.size(), b.top.size());
  if (count == 0) return 0;
  std::size_t same = 0;
  for (std::size_t i = 0; i < count; ++i) same += a.top[i] == b.top[i] ? 1 : 0;
  return static_cast<double>(same) / static_cast<double>(count);
}

}  // namespace pincer
