// A smaller model that proposes how sequences go on. It draws with the request's own sampler and
// the very random numbers that the large model will use at that place (common random numbers, as
// in arXiv 2408.07978), so that where the two models agree, so do their draws, at any temperature.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"
#include "pincer/engine/model.h"
#include "pincer/engine/sampler.h"

namespace pincer {

// What the draft model keeps of one sequence. Only the engine thread touches it.
struct DraftState {
  std::vector<int> blocks;  // of the draft model's cache
  int computed = 0;         // tokens in it
};

class DraftModel {
 public:
  // Tokens of prompts that are caught up with in one step.
  static constexpr int kCatchUp = 256;

  // `cache` is of `model`; `max_active`: the sequences that propose at once, at most.
  DraftModel(std::shared_ptr<const Model> model, KvCache cache, Arena& arena, int max_active);

  struct Job {
    DraftState* state = nullptr;
    std::span<const TokenId> tokens;   // known
    const Sampler* sampler = nullptr;  // as it will be when the large model's logits are there
    int most = 0;                      // tokens to propose
    std::vector<TokenId> proposed;     // result
  };
  // A job whose tokens are not all computed yet proposes nothing, as does one that finds no block:
  // a long prompt is caught up with over several steps.
  void propose(std::span<Job> jobs);
  // Of what was proposed after `known` tokens the first `accepted` were right.
  static void keep(DraftState& state, int known, int accepted);
  void release(DraftState& state);

  // Mean time of one pass that gives every sequence a token; 0: not known yet.
  double pass_ms() const { return pass_ms_; }
  // It was too slow to be asked: what is remembered fades, so that it is measured again some day.
  void forget_a_little() { pass_ms_ *= 0.99; }

 private:
  struct Draw {
    Job* job;
    Sampler sampler;
    std::vector<TokenId> tokens;  // known ones and proposed ones
  };
  bool take_blocks(DraftState& state, int tokens);
  std::vector<Draw> catch_up(std::span<Job> jobs);
  void draw(std::span<Draw> draws, std::span<const int> rows);

  std::shared_ptr<const Model> model_;
  KvCache cache_;
  Arena& arena_;
  Forward forward_;
  double pass_ms_ = 0;
};

}  // namespace pincer
