#include "engine/sample/candidates.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstddef>
#include <limits>

#include "pincer/kernels/kernel_table.h"

namespace pincer {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

float highest(const Candidates& candidates) {
  float max = kMinusInfinity;
  for (const TokenLogprob& candidate : candidates) max = std::max(max, candidate.logprob);
  return max;
}

// The probability relative to the best candidate's: in [0, 1].
double weight(const TokenLogprob& candidate, float max) {
  return std::exp(static_cast<double>(candidate.logprob) - max);
}

double total_weight(const Candidates& candidates, float max) {
  double total = 0;
  for (const TokenLogprob& candidate : candidates) total += weight(candidate, max);
  return total;
}

// The k best, for k the kernel's: all that are above -infinity, best first.
void find_top_k(std::span<const float> logits, std::size_t k, Candidates& out) {
  static const kernels::ElementwiseTable& table =
      *kernels::choose_kernels(kernels::isa_choice().isa).elementwise->fn;
  std::int32_t tokens[kernels::kMaxTopK];
  float values[kernels::kMaxTopK];
  table.top_k(logits.data(), static_cast<std::int64_t>(logits.size()), static_cast<std::int64_t>(k),
              tokens, values);
  for (std::size_t i = 0; i < k && values[i] > kMinusInfinity; ++i) {
    out.push_back({tokens[i], std::min(values[i], FLT_MAX)});
  }
}

// Walks `items` in the order of `before` while `visit` says true, and keeps what it said true for
// and the first one. Sorts only as far as the walk gets: most of a vocabulary is never compared
// twice.
template <class Before, class Visit>
void keep_sorted_prefix(Candidates& items, Before before, Visit visit) {
  std::size_t sorted = 0;
  std::size_t step = 64;
  std::size_t kept = 0;
  for (bool more = true; more && kept < items.size();) {
    if (kept == sorted) {
      const auto begin = items.begin() + static_cast<std::ptrdiff_t>(sorted);
      sorted = std::min(items.size(), sorted + step);
      step *= 4;
      const auto end = items.begin() + static_cast<std::ptrdiff_t>(sorted);
      if (end != items.end()) std::nth_element(begin, end, items.end(), before);
      std::sort(begin, end, before);
    }
    more = visit(items[kept]);
    if (more) ++kept;
  }
  items.resize(std::max<std::size_t>(kept, 1));
}

}  // namespace

TokenId most_likely(std::span<const float> logits) {
  // Independent lanes, so that the loop vectorizes without permission to reorder float operations.
  constexpr std::size_t kLanes = 16;
  float lane[kLanes];
  std::fill_n(lane, kLanes, kMinusInfinity);
  std::size_t i = 0;
  for (; i + kLanes <= logits.size(); i += kLanes) {
    for (std::size_t j = 0; j < kLanes; ++j) {
      lane[j] = logits[i + j] > lane[j] ? logits[i + j] : lane[j];
    }
  }
  float max = *std::max_element(lane, lane + kLanes);
  for (; i < logits.size(); ++i) max = logits[i] > max ? logits[i] : max;
  const auto found = std::find(logits.begin(), logits.end(), max);
  return found == logits.end() ? 0 : static_cast<TokenId>(found - logits.begin());
}

void select_top_k(std::span<const float> logits, int k, Candidates& out) {
  out.clear();
  const std::size_t keep = static_cast<std::size_t>(std::max(k, 0));
  const bool all = keep == 0 || keep >= logits.size();
  if (!all && keep <= kernels::kMaxTopK) {
    find_top_k(logits, keep, out);
    if (out.empty()) out.push_back({0, 0});
    return;
  }
  // Collect what beats the k-th best so far, and find a new k-th best whenever the buffer is full:
  // few tokens do after the first hundreds. A later token never displaces an equal one, because its
  // id is higher.
  const std::size_t full = all ? logits.size() + 1 : 2 * keep + 64;
  float threshold = kMinusInfinity;
  const auto cut = [&] {
    const auto last = out.begin() + static_cast<std::ptrdiff_t>(keep - 1);
    std::nth_element(out.begin(), last, out.end(), better);
    threshold = last->logprob;
    out.resize(keep);
  };
  for (std::size_t i = 0; i < logits.size(); ++i) {
    if (!(logits[i] > threshold)) continue;  // NaN as well
    out.push_back({static_cast<TokenId>(i), std::min(logits[i], FLT_MAX)});
    if (out.size() == full) cut();
  }
  if (out.empty()) out.push_back({0, 0});
  if (all) return;
  if (out.size() > keep) cut();
  std::sort(out.begin(), out.end(), better);
}

void keep_typical(Candidates& candidates, float p) {
  const float max = highest(candidates);
  const double total = total_weight(candidates, max);
  double entropy = 0;  // in nats
  for (const TokenLogprob& candidate : candidates) {
    const double probability = weight(candidate, max) / total;
    if (probability > 0) entropy -= probability * std::log(probability);
  }
  const double log_total = std::log(total);
  const auto distance = [&](const TokenLogprob& candidate) {
    const double surprise = log_total - (static_cast<double>(candidate.logprob) - max);
    return std::abs(surprise - entropy);
  };
  const auto nearer = [&](const TokenLogprob& a, const TokenLogprob& b) {
    const double left = distance(a);
    const double right = distance(b);
    return left != right ? left < right : a.token < b.token;
  };
  double mass = 0;
  keep_sorted_prefix(candidates, nearer, [&](const TokenLogprob& candidate) {
    if (mass >= p * total) return false;
    mass += weight(candidate, max);
    return true;
  });
}

void keep_nucleus(Candidates& candidates, float top_p, float min_p) {
  const float max = highest(candidates);
  if (top_p >= 1) {
    if (min_p > 0) {
      std::erase_if(candidates, [&](const TokenLogprob& c) { return weight(c, max) < min_p; });
    }
    return;
  }
  const double wanted = top_p * total_weight(candidates, max);
  double mass = 0;
  keep_sorted_prefix(candidates, better, [&](const TokenLogprob& candidate) {
    const double own = weight(candidate, max);
    if (mass >= wanted || own < min_p) return false;
    mass += own;
    return true;
  });
}

TokenId draw(Candidates& candidates, float temperature, double uniform) {
  const float max = highest(candidates);
  double total = 0;
  for (TokenLogprob& candidate : candidates) {
    const double logit = static_cast<double>(candidate.logprob) - max;
    candidate.logprob = static_cast<float>(std::exp(logit / temperature));
    total += candidate.logprob;
  }
  double left = uniform * total;
  const TokenLogprob* last = &candidates.front();
  for (const TokenLogprob& candidate : candidates) {
    if (candidate.logprob <= 0) continue;
    last = &candidate;
    left -= candidate.logprob;
    if (left < 0) break;
  }
  return last->token;  // rounding may leave a little: then it is the last one that can be drawn
}

}  // namespace pincer
