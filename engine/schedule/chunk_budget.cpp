#include "engine/schedule/chunk_budget.h"

#include <algorithm>

namespace pincer {
namespace {

// Predictions are off by some percent: what is aimed at, of the target.
constexpr double kAim = 0.9;
// Where decoding alone takes about as long as the target or longer: the share that prompts may add.
// Without it they would get kLeastChunk tokens in each of the slow steps of a large model.
constexpr double kPromptShare = 0.25;
// Chunks are multiples of this, where they are cut and some tiles long: the largest tile of the
// kernels has 16 rows.
constexpr int kTile = 16;

}  // namespace

ChunkBudget::ChunkBudget(const StepLoad& decoding, const SchedulerLimits& limits,
                         const StepCost& cost)
    : cost_(cost), load_(decoding), left_(limits.prefill_chunk) {
  if (decoding.rows == 0 || !cost.learnt()) return;
  limit_ms_ = std::max(kAim * limits.target_ms, (1 + kPromptShare) * cost.ms(decoding));
}

StepLoad ChunkBudget::with(int computed, int count) const {
  StepLoad load = load_;
  load.rows += count;
  load.keys += count * (computed + 0.5 * count);
  return load;
}

int ChunkBudget::fits(int computed, int wanted) const {
  wanted = std::min(wanted, left_);
  if (wanted <= 0 || limit_ms_ == 0) return std::max(0, wanted);
  const auto in_time = [&](int count) { return cost_.ms(with(computed, count)) <= limit_ms_; };
  if (in_time(wanted)) return wanted;
  int low = 0, high = wanted;  // low is in time, high is not
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    (in_time(middle) ? low : high) = middle;
  }
  if (low >= 4 * kTile) low -= low % kTile;
  return std::min(wanted, std::max(low, kLeastChunk - taken_));
}

void ChunkBudget::take(int computed, int count) {
  load_ = with(computed, count);
  left_ -= count;
  taken_ += count;
}

}  // namespace pincer
