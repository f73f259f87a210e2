#include "engine/speculate/draft_model.h"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace pincer {
namespace {

// The mean time of a pass runs over about this many.
constexpr double kPassMemory = 16;

std::span<const TokenId> part(std::span<const TokenId> tokens, int begin, int count) {
  return tokens.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(count));
}

}  // namespace

DraftModel::DraftModel(std::shared_ptr<const Model> model, KvCache cache, Arena& arena,
                       int max_active)
    : model_(std::move(model)),
      cache_(std::move(cache)),
      arena_(arena),
      forward_(*model_, cache_, arena_, kCatchUp + max_active) {}

bool DraftModel::take_blocks(DraftState& state, int tokens) {
  const int missing = KvCache::blocks_for(tokens) - static_cast<int>(state.blocks.size());
  if (missing > cache_.available()) return false;
  for (int i = 0; i < missing; ++i) state.blocks.push_back(cache_.take());
  return true;
}

void DraftModel::propose(std::span<Job> jobs) {
  std::vector<Draw> draws = catch_up(jobs);
  while (true) {
    std::erase_if(draws, [](const Draw& d) {
      return static_cast<int>(d.job->proposed.size()) >= d.job->most;
    });
    if (draws.empty()) return;
    const auto start = std::chrono::steady_clock::now();
    std::vector<Chunk> chunks;
    for (Draw& d : draws) {
      const int last = static_cast<int>(d.tokens.size()) - 1;
      chunks.push_back({part(d.tokens, last, 1), last, d.job->state->blocks});
      d.job->state->computed = last + 1;
    }
    forward_.run(chunks);
    std::vector<int> rows(draws.size());
    std::iota(rows.begin(), rows.end(), 0);
    draw(draws, rows);
    const double ms =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
    pass_ms_ += (ms - pass_ms_) / (pass_ms_ == 0 ? 1 : kPassMemory);
  }
}

// Computes what the jobs' tokens lack; those that are complete have drawn their first token.
std::vector<DraftModel::Draw> DraftModel::catch_up(std::span<Job> jobs) {
  std::vector<Draw> draws;
  std::vector<Chunk> chunks;
  std::vector<int> rows;
  int row = 0, budget = forward_.max_rows();
  for (Job& job : jobs) {
    const int known = static_cast<int>(job.tokens.size());
    const int count = std::min(budget, known - job.state->computed);
    if (count <= 0 || job.most <= 0 || known + job.most > model_->config.context) continue;
    if (!take_blocks(*job.state, known + job.most)) continue;
    chunks.push_back(
        {part(job.tokens, job.state->computed, count), job.state->computed, job.state->blocks});
    job.state->computed += count;
    budget -= count;
    row += count;
    if (job.state->computed < known) continue;
    draws.push_back({&job, *job.sampler, {job.tokens.begin(), job.tokens.end()}});
    rows.push_back(row - 1);
  }
  if (!chunks.empty()) forward_.run(chunks);
  if (!draws.empty()) draw(draws, rows);
  return draws;
}

void DraftModel::draw(std::span<Draw> draws, std::span<const int> rows) {
  const kernels::MatrixView<float> logits = forward_.logits(rows);
  arena_.split(
      static_cast<std::int64_t>(draws.size()), 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
          Draw& d = draws[static_cast<std::size_t>(i)];
          const TokenId token =
              d.sampler.sample({logits.row(i), static_cast<std::size_t>(logits.cols)}, d.tokens);
          d.tokens.push_back(token);
          d.job->proposed.push_back(token);
        }
      });
}

void DraftModel::keep(DraftState& state, int known, int accepted) {
  state.computed = std::min(state.computed, known + accepted);
}

void DraftModel::release(DraftState& state) {
  for (const int b : state.blocks) cache_.give_back(b);
  state = {};
}

}  // namespace pincer
