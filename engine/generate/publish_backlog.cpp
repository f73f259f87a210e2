// What the loop has ahead of it, for BacklogBoard.
#include <algorithm>
#include <utility>

#include "engine/generate/step_loop.h"

namespace pincer {
namespace {

// The rest of an answer of which `generated` tokens are there: what answers have on the whole,
// because those that went on so far tell nothing of when they end, but not beyond the limits.
int output_left(const Sequence& s, int mean, int context) {
  const int room = context - static_cast<int>(s.tokens.size());
  const int most = s.request.max_tokens < 0 ? room : s.request.max_tokens - s.generated();
  return std::clamp(most, 1, mean);
}

}  // namespace

void StepLoop::publish_backlog() {
  const int mean = backlog_.mean_output();
  Backlog backlog;
  backlog.max_active = limits_.max_active;
  backlog.prefill_chunk = limits_.prefill_chunk;
  backlog.free_blocks = kv_.available();
  double keys = 0;
  for (const auto& s : active_) {
    if (s->request.background) continue;
    const int known = static_cast<int>(s->tokens.size());
    const int output = output_left(*s, mean, options_.context);
    const int blocks = KvCache::blocks_for(known + output);
    backlog.free_blocks -= std::max(0, blocks - s->blocks.count());
    backlog.active.push_back({s->client, std::max(0, known - s->computed - 1), output, blocks});
    keys += known;
  }
  for (const auto& s : waiting_) {
    if (s->request.background) continue;
    const int known = static_cast<int>(s->tokens.size());
    const int output = output_left(*s, mean, options_.context);
    backlog.waiting.push_back(
        {s->client, known - s->found, output, KvCache::blocks_for(known + output)});
  }
  if (!active_.empty()) keys /= static_cast<double>(active_.size());
  backlog.pace = step_pace(cost_, keys, tokens_per_step_);
  backlog_.publish(std::move(backlog), std::exchange(taken_, 0));
}

}  // namespace pincer
