#include "engine/schedule/wait_estimate.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <unordered_map>
#include <utility>

namespace pincer {
namespace {

// The chunk that a prompt's token is priced in.
constexpr int kChunk = 256;

// What runs, by the token at which each ends.
class Machine {
 public:
  explicit Machine(const Backlog& backlog) : backlog_(backlog), free_(backlog.free_blocks) {
    for (const Work& work : backlog.active) start(work);
  }

  double ms() const { return ms_; }

  // An empty machine takes anything.
  void make_room_for(const Work& work) {
    while (!running_.empty() &&
           (static_cast<int>(running_.size()) >= backlog_.max_active || work.blocks > free_)) {
      finish_next();
    }
  }
  void admit(const Work& work) {
    start(work);
    free_ -= work.blocks;
  }

 private:
  using End = std::pair<std::int64_t, int>;  // the token it ends with; blocks that it gives back

  void start(const Work& work) {
    ms_ += work.prompt * backlog_.pace.prompt_token_ms;
    running_.emplace(token_ + std::max(work.output, 1), work.blocks);
  }
  void finish_next() {
    const auto [end, blocks] = running_.top();
    ms_ += static_cast<double>(end - token_) *
           backlog_.pace.token_ms(static_cast<int>(running_.size()));
    token_ = end;
    free_ += blocks;
    running_.pop();
  }

  const Backlog& backlog_;
  int free_;
  std::priority_queue<End, std::vector<End>, std::greater<>> running_;
  std::int64_t token_ = 0;
  double ms_ = 0;
};

}  // namespace

double StepPace::token_ms(int sequences) const {
  const double step = sequences <= 1 ? single_ms : pair_ms + (sequences - 2) * row_ms;
  return step / std::max(tokens_per_step, 1.0);
}

StepPace step_pace(const StepCost& cost, double keys, double tokens_per_step) {
  if (!cost.learnt()) return {};
  const auto decode = [&](int rows) {
    return cost.ms({.rows = rows, .sampled = rows, .keys = rows * keys});
  };
  StepPace pace;
  pace.prompt_token_ms =
      cost.ms({.rows = kChunk, .sampled = 1, .keys = kChunk * 0.5 * kChunk}) / kChunk;
  pace.single_ms = decode(1);
  pace.pair_ms = decode(2);
  pace.row_ms = decode(3) - pace.pair_ms;
  pace.tokens_per_step = tokens_per_step;
  return pace;
}

double wait_seconds(const Backlog& backlog, const Work& newcomer) {
  const auto own = std::ranges::count(backlog.waiting, newcomer.client, &Work::client);
  std::unordered_map<ClientId, std::ptrdiff_t> turns;
  Machine machine(backlog);
  for (const Work& work : backlog.waiting) {
    if (work.client != newcomer.client && ++turns[work.client] > own + 1) continue;
    machine.make_room_for(work);
    machine.admit(work);
  }
  machine.make_room_for(newcomer);
  const double unfinished = backlog.prefill_chunk * backlog.pace.prompt_token_ms;
  return std::max(0.0, machine.ms() - unfinished) / 1000;
}

double retry_seconds(double wait, double max_wait) {
  const bool too_long = max_wait > 0 && wait > max_wait;
  return std::max(1.0, too_long ? wait - max_wait / 2 : wait / 2);
}

}  // namespace pincer
