// One step after another: take new requests, plan, run the forward pass, sample, push, drop what is
// done.
#pragma once

#include <deque>
#include <memory>
#include <vector>

#include "engine/generate/choose_tokens.h"
#include "engine/generate/inbox.h"
#include "engine/generate/sequence.h"
#include "engine/kv/kv_store.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"
#include "engine/parallel/turns.h"
#include "engine/schedule/scheduler.h"
#include "pincer/engine/engine.h"

namespace pincer {

class StepLoop {
 public:
  StepLoop(const Model& model, KvCache cache, const EngineOptions& options, Inbox& inbox,
           EngineStats& stats);
  void run();  // until the inbox is stopped; then everything left is finished as cancelled

 private:
  using List = std::deque<std::unique_ptr<Sequence>>;

  void take_requests();
  void drop_cancelled(List& list);
  StepPlan plan();
  // With what each would find in the prefix cache.
  std::vector<SequenceState> waiting_states() const;
  void preempt(const std::vector<int>& indices);
  void admit(const std::vector<int>& indices);
  void step(const StepPlan& plan);
  // The forward pass's rows, with blocks for them; what is to be sampled goes to `choices`.
  std::vector<Chunk> gather(const StepPlan& plan, std::vector<TokenChoice>& choices);
  // Ends all sequences with an error, and is true, when a file of the model was lost under it.
  bool weights_lost();
  void deliver(std::vector<TokenChoice> choices);
  // True when the sequence ends with this token.
  bool accept(Sequence& s, GeneratedToken token);
  bool make_room(Sequence& s);
  void finish(Sequence& s, FinishReason reason);
  void update_gauges();

  const Model& model_;
  const EngineOptions& options_;
  Inbox& inbox_;
  EngineStats& stats_;
  Arena arena_;
  KvStore kv_;
  SchedulerLimits limits_;
  Forward forward_;
  List waiting_, active_;  // in order of arrival
};

}  // namespace pincer
