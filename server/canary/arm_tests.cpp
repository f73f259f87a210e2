#include "server/canary/arm_tests.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace pincer {
namespace {

// How much of their wealth gamblers put in, from the careful to the bold.
constexpr std::array kStakes = {0.1, 0.25, 0.5, 0.75, 0.95};
constexpr std::array kRankStakes = {0.1, 0.2, 0.35, 0.6};
constexpr std::size_t kPooled = 512;  // ranks are among so many, of both arms
constexpr std::size_t kLatest = 1024;

}  // namespace

RateTest::RateTest() : wager_(kStakes.size()) {}

void RateTest::observe(bool canary, double weight, bool happened) {
  Arm& arm = arms_[canary ? 1 : 0];
  ++arm.requests;
  if (!happened) return;  // next to nothing is learnt from these, as long as they are the rule
  ++arm.events;
  std::array<double, kStakes.size()> lean;
  std::ranges::transform(kStakes, lean.begin(), [weight](double stake) { return stake / weight; });
  wager_.settle(canary, weight, lean);
}

double RateTest::rate(bool canary) const {
  const Arm& arm = arms_[canary ? 1 : 0];
  return arm.requests == 0 ? 0 : static_cast<double>(arm.events) / arm.requests;
}

// Gamblers on a higher value; for a difference as well on a lower one, and on one at either end,
// where answers are that never stop or never begin.
RankTest::RankTest(Against against)
    : against_(against), wager_(kRankStakes.size() * (against == Against::greater ? 1 : 3)) {}

double RankTest::rank_of(double value) const {
  if (pooled_.empty()) return 0.5;
  double below = 0;
  for (const double other : pooled_) below += other < value ? 1 : other == value ? 0.5 : 0;
  return below / static_cast<double>(pooled_.size());
}

void RankTest::observe(bool canary, double weight, double value) {
  const double rank = rank_of(value);
  const double high = 2 * rank - 1;  // -1 … 1
  const double apart =
      3 * (rank - 0.5) * (rank - 0.5) * 4 - 1;  // -1 in the middle … 2; 0 in the mean
  const double bound = std::max(weight, 1 - weight);
  std::vector<double> lean;
  for (const double stake : kRankStakes) lean.push_back(high * stake / bound);
  if (against_ == Against::different) {
    for (const double stake : kRankStakes) lean.push_back(-high * stake / bound);
    for (const double stake : kRankStakes) lean.push_back(apart / 2 * stake / bound);
  }
  wager_.settle(canary, weight, lean);
  Arm& arm = arms_[canary ? 1 : 0];
  ++arm.count;
  arm.rank_sum += rank;
  arm.latest.push_back(value);
  if (arm.latest.size() > kLatest) arm.latest.pop_front();
  pooled_.push_back(value);
  if (pooled_.size() > kPooled) pooled_.pop_front();
}

double RankTest::quantile(bool canary, double share) const {
  const std::deque<double>& latest = arms_[canary ? 1 : 0].latest;
  if (latest.empty()) return 0;
  std::vector<double> values(latest.begin(), latest.end());
  const auto at =
      values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, at);
  return *at;
}

double RankTest::shift() const {
  const auto& [baseline, canary] = arms_;
  if (baseline.count == 0 || canary.count == 0) return 0;
  return 2 * (canary.rank_sum / canary.count - baseline.rank_sum / baseline.count);
}

MeanTest::MeanTest(double least) : least_(least), wager_(kStakes.size()) {}

void MeanTest::observe(double value) {
  ++count_;
  sum_ += value;
  std::array<double, kStakes.size()> factor;
  // Its expectation is at most 1 where the mean is not below `least_`, and it is never negative:
  // value <= 1.
  const double bound = std::max(1 - least_, 1e-3);
  std::ranges::transform(kStakes, factor.begin(),
                         [&](double stake) { return 1 + stake / bound * (least_ - value); });
  wager_.multiply(factor);
}

}  // namespace pincer
