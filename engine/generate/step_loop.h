// One step after another: take new requests, guess, plan, run the forward pass, sample, push, drop
// what is done.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/generate/backlog_board.h"
#include "engine/generate/choose_tokens.h"
#include "engine/generate/inbox.h"
#include "engine/generate/pooling.h"
#include "engine/generate/sequence.h"
#include "engine/kv/kv_store.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"
#include "engine/parallel/turns.h"
#include "engine/schedule/client_shares.h"
#include "engine/schedule/scheduler.h"
#include "engine/schedule/step_cost.h"
#include "engine/speculate/speculator.h"
#include "engine/trace/step_recorder.h"
#include "pincer/engine/engine.h"

namespace pincer {

class StepLoop {
 public:
  // `draft`: the cache of options.draft, where there is one.
  StepLoop(const Model& model, KvCache cache, std::optional<KvCache> draft,
           const EngineOptions& options, Inbox& inbox, EngineStats& stats, BacklogBoard& backlog,
           StepTrace& trace);
  void run();  // until the inbox is stopped; then everything left is finished as cancelled

 private:
  using List = std::deque<std::unique_ptr<Sequence>>;

  // step_loop.cpp: who runs.
  void take_requests(bool wait);
  void drop_cancelled(List& list);
  void publish_backlog();
  void speculate();
  StepPlan plan();
  // With what each would find in the prefix cache.
  std::vector<SequenceState> waiting_states() const;
  void preempt(const std::vector<int>& indices);
  void admit(const std::vector<StepPlan::Admission>& admissions);
  void finish(Sequence& s, FinishReason reason, std::string error = {});
  void update_gauges();

  // run_step.cpp: what runs.
  void step(const StepPlan& plan);
  void count_batch(std::size_t sequences);  // at least one
  // The forward pass's rows, with blocks for them; what is to be sampled goes to `choices`.
  std::vector<Chunk> gather(const StepPlan& plan, std::vector<TokenChoice>& choices,
                            std::vector<PooledRows>& pooled);
  // Adds the rows of embeddings up, and finishes those that are complete.
  void pool(std::span<const PooledRows> pooled);
  // Ends all sequences with an error, and is true, when a file of the model was lost under it.
  bool weights_lost();
  void charge_prompt(Sequence& s);
  void deliver(std::vector<TokenChoice>& choices);
  // True when the sequence ends with these tokens.
  bool deliver(TokenChoice& choice);
  // `complete`: its grammar lets nothing follow.
  bool accept(Sequence& s, GeneratedToken token, bool complete);
  // False, and the sequence is finished, when the context is full and it may not be shifted.
  bool make_room(Sequence& s);
  void erase_active(std::span<const Sequence* const> ended);

  const Model& model_;
  const EngineOptions& options_;
  Inbox& inbox_;
  EngineStats& stats_;
  BacklogBoard& backlog_;
  Arena arena_;
  KvStore kv_;
  SchedulerLimits limits_;
  Forward forward_;
  Speculator speculator_;
  StepRecorder recorder_;
  StepCost cost_;
  ClientShares shares_;
  List waiting_, active_;
  std::int64_t arrivals_ = 0;
  std::size_t taken_ = 0;       // from the inbox, since the backlog was published
  double tokens_per_step_ = 1;  // of a decoding sequence, a running mean
};

}  // namespace pincer
