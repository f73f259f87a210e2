#include "engine/evaluate/teacher_forcing.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "pincer/engine/engine.h"

namespace pincer {
namespace {

// Logits are [rows][vocabulary]: a bounded number of rows at a time.
constexpr int kLogitRows = 64;

// -log softmax(logits)[token]
double nll_of(std::span<const float> logits, TokenId token, TokenId& top) {
  const auto best = std::max_element(logits.begin(), logits.end());
  top = static_cast<TokenId>(best - logits.begin());
  double sum = 0;
  for (const float x : logits) sum += std::exp(static_cast<double>(x - *best));
  return std::log(sum) + *best - logits[static_cast<std::size_t>(token)];
}

}  // namespace

Result<std::unique_ptr<TeacherForcing>> TeacherForcing::create(const Model& model, int window,
                                                               const KvChoice& kv, int threads) {
  auto cache = KvCache::create(model, KvCache::options_for(model, KvCache::blocks_for(window), kv));
  if (!cache) return cache.error();
  return std::unique_ptr<TeacherForcing>(new TeacherForcing(
      model, std::move(*cache), window, threads > 0 ? threads : default_threads()));
}

TeacherForcing::TeacherForcing(const Model& model, KvCache cache, int window, int threads)
    : arena_(threads), cache_(std::move(cache)), forward_(model, cache_, arena_, window) {
  while (cache_.available() > 0) blocks_.push_back(cache_.take());
}

void TeacherForcing::show(std::span<const TokenId> text) {
  const Chunk chunk{text, 0, blocks_};
  forward_.run({&chunk, 1});
}

double TeacherForcing::negative_log_likelihood(int first, std::span<const TokenId> next,
                                               std::vector<TokenId>* top) {
  std::vector<TokenId> best(next.size());
  double sum = 0;
  for (std::size_t from = 0; from < next.size(); from += kLogitRows) {
    const std::size_t count = std::min<std::size_t>(kLogitRows, next.size() - from);
    std::vector<int> rows(count);
    std::iota(rows.begin(), rows.end(), first + static_cast<int>(from));
    sum += score(forward_.logits(rows), next.subspan(from, count),
                 std::span(best).subspan(from, count));
  }
  if (top != nullptr) top->insert(top->end(), best.begin(), best.end());
  return sum;
}

double TeacherForcing::score(kernels::MatrixView<float> logits, std::span<const TokenId> next,
                             std::span<TokenId> top) {
  std::vector<double> nll(next.size());
  const auto count = static_cast<std::int64_t>(next.size());
  arena_.split(count, 1, [&](std::int64_t begin, std::int64_t end, int) {
    for (std::int64_t i = begin; i < end; ++i) {
      const auto index = static_cast<std::size_t>(i);
      nll[index] =
          nll_of({logits.row(i), static_cast<std::size_t>(logits.cols)}, next[index], top[index]);
    }
  });
  return std::accumulate(nll.begin(), nll.end(), 0.0);
}

}  // namespace pincer
