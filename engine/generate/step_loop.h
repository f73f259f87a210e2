// One step after another: take new requests, plan, run the forward pass, sample, push, drop what is
// done.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/generate/sequence.h"
#include "engine/kv/kv_cache.h"
#include "engine/model/forward.h"
#include "engine/parallel/arena.h"
#include "engine/schedule/scheduler.h"
#include "pincer/engine/engine.h"

namespace pincer {

// The way into the engine thread. Engine::submit bounds what is in flight.
class Inbox {
 public:
  bool put(std::unique_ptr<Sequence> sequence);  // false when closed
  // What arrived. Waits for it when `wait`; returns at once after stop().
  std::vector<std::unique_ptr<Sequence>> take(bool wait);
  void close();  // puts fail from now on
  void stop();   // takes return; implies close
  bool closed() const;
  bool stopped() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::unique_ptr<Sequence>> items_;
  bool closed_ = false, stopped_ = false;
};

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
  void preempt(const std::vector<int>& indices);
  void admit(int count);
  void step(const StepPlan& plan);
  void sample(const std::vector<int>& sequences, kernels::MatrixView<float> logits);
  // True when the sequence ends with this token.
  bool accept(Sequence& s, TokenId token, Logprobs logprobs);
  void finish(Sequence& s, FinishReason reason);
  void free_blocks(Sequence& s);
  void update_gauges();

  const EngineOptions& options_;
  Inbox& inbox_;
  EngineStats& stats_;
  Arena arena_;
  KvCache cache_;
  SchedulerLimits limits_;
  Forward forward_;
  List waiting_, active_;  // in order of arrival
};

}  // namespace pincer
