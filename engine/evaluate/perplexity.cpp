#include "pincer/engine/perplexity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"
#include "pincer/engine/engine.h"

namespace pincer {
namespace {

// Logits are [rows][vocabulary]: a bounded number of rows at a time.
constexpr int kLogitRows = 64;

// -log softmax(logits)[token], in double: a mean over many thousand tokens keeps its digits.
double negative_log_likelihood(std::span<const float> logits, TokenId token, TokenId& top) {
  const auto best = std::max_element(logits.begin(), logits.end());
  top = static_cast<TokenId>(best - logits.begin());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x - *best));
  return std::log(sum) + *best - logits[static_cast<std::size_t>(token)];
}

class Evaluation {
 public:
  Evaluation(const Model& model, KvCache cache, int window, int threads)
      : arena_(threads), cache_(std::move(cache)), forward_(model, cache_, arena_, window) {
    while (cache_.available() > 0) blocks_.push_back(cache_.take());
  }

  // Adds the predictions of tokens[begin .. begin+count), which stand after `bos` (-1: at the
  // start).
  void window(std::span<const TokenId> tokens, std::size_t begin, std::size_t count, TokenId bos,
              PerplexityResult& result) {
    context_.clear();
    if (bos >= 0) context_.push_back(bos);
    const auto first_row = static_cast<int>(context_.size());
    const auto own = tokens.subspan(begin, count);
    context_.insert(context_.end(), own.begin(), own.end());
    const Chunk chunk{context_, 0, blocks_};
    forward_.run({&chunk, 1});
    const std::size_t predicted = std::min(count, tokens.size() - 1 - begin);
    for (std::size_t from = 0; from < predicted; from += kLogitRows) {
      std::vector<int> rows(std::min<std::size_t>(kLogitRows, predicted - from));
      std::iota(rows.begin(), rows.end(), first_row + static_cast<int>(from));
      score(forward_.logits(rows), tokens.subspan(begin + from + 1, rows.size()), result);
    }
  }

 private:
  void score(kernels::MatrixView<float> logits, std::span<const TokenId> next,
             PerplexityResult& result) {
    std::vector<double> nll(next.size());
    const std::size_t first = result.top.size();
    result.top.resize(first + next.size());
    arena_.split(
        static_cast<std::int64_t>(next.size()), 1, [&](std::int64_t begin, std::int64_t end, int) {
          for (std::int64_t i = begin; i < end; ++i) {
            const auto index = static_cast<std::size_t>(i);
            nll[index] =
                negative_log_likelihood({logits.row(i), static_cast<std::size_t>(logits.cols)},
                                        next[index], result.top[first + index]);
          }
        });
    for (const double x : nll) result.mean_nll += x;  // a sum until the end
  }

  Arena arena_;
  KvCache cache_;
  Forward forward_;
  std::vector<int> blocks_;
  std::vector<TokenId> context_;  // of a window
};

}  // namespace

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
  auto cache =
      KvCache::create(model, KvCache::options_for(model, KvCache::blocks_for(window), options.kv));
  if (!cache) return cache.error();
  Evaluation evaluation(model, std::move(*cache), window,
                        options.threads > 0 ? options.threads : default_threads());
  PerplexityResult result;
  const auto step = static_cast<std::size_t>(window - before);
  for (std::size_t begin = 0; begin + 1 < tokens.size(); begin += step) {
    evaluation.window(tokens, begin, std::min(step, tokens.size() - begin), options.bos, result);
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
