#include "engine/generate/backlog_board.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "engine/kv/kv_cache.h"

namespace pincer {
namespace {

// An answer's length while none has ended, and how fast the mean follows those that do.
constexpr double kUnknownOutput = 128;
constexpr double kGain = 1.0 / 16;

}  // namespace

void BacklogBoard::arrived(const Work& work) {
  const std::lock_guard lock(mutex_);
  unseen_.push_back(work);
}

void BacklogBoard::revoke() {
  const std::lock_guard lock(mutex_);
  if (!unseen_.empty()) unseen_.pop_back();
}

void BacklogBoard::publish(Backlog backlog, std::size_t taken) {
  const std::lock_guard lock(mutex_);
  std::swap(seen_, backlog);
  const std::size_t gone = std::min(taken, unseen_.size());
  unseen_.erase(unseen_.begin(), unseen_.begin() + static_cast<std::ptrdiff_t>(gone));
}

int BacklogBoard::mean_output_locked() const {
  return static_cast<int>(std::ceil(mean_output_ > 0 ? mean_output_ : kUnknownOutput));
}

int BacklogBoard::mean_output() const {
  const std::lock_guard lock(mutex_);
  return mean_output_locked();
}

Work BacklogBoard::expect(ClientId client, int prompt, int max_tokens) const {
  const int mean = mean_output();
  const int output = max_tokens < 0 ? mean : std::min(max_tokens, mean);
  return {client, prompt, output, KvCache::blocks_for(prompt + output)};
}

double BacklogBoard::wait_seconds(const Work& newcomer) const {
  Backlog now;
  {
    const std::lock_guard lock(mutex_);
    now = seen_;
    std::ranges::copy(unseen_, std::back_inserter(now.waiting));
  }
  return pincer::wait_seconds(now, newcomer);
}

void BacklogBoard::finished(int generated) {
  const std::lock_guard lock(mutex_);
  if (mean_output_ == 0) {
    mean_output_ = std::max(generated, 1);
  } else {
    mean_output_ += kGain * (generated - mean_output_);
  }
}

}  // namespace pincer
