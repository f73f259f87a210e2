// One generation as its consumer sees it: a request, and the stream that its tokens arrive on.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "pincer/engine/result.h"
#include "pincer/engine/sampler.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

class Constraint;  // constraint.h

// timeout: one of the request's deadlines passed; Finish::error says which.
// refused: what was asked for turned out to be impossible to follow; the model is well.
enum class FinishReason { stop, length, cancelled, error, timeout, refused };
std::string_view finish_reason_name(FinishReason reason);  // "stop", "length", ...

struct GeneratedToken {
  TokenId id = 0;
  Logprobs logprobs;  // filled when the request asked
};

struct Finish {
  FinishReason reason = FinishReason::stop;
  std::string error;  // reason == error, timeout or refused
  int prompt_tokens = 0;
  int cached_tokens = 0;  // of the prompt: computed before, for this or another generation
  int generated_tokens = 0;
  bool context_full = false;      // reason == length because nothing more fits the context
  std::vector<float> embedding;   // where one was asked for
  int drafted = 0, accepted = 0;  // tokens that speculation proposed, and of these the right ones
  double queued_seconds = 0;      // submit to first scheduled
  double prefill_seconds = 0;     // first scheduled to first token
  double decode_seconds = 0;      // first token to last
};

// The mailbox between the engine thread (one producer) and one consumer. The producer never waits;
// a slow consumer finds its tokens coalesced; memory is bounded by max_tokens. The end of the
// stream is a message.
class TokenStream {
 public:
  // `doorbell` runs on the engine's thread after news arrives and the mailbox was empty: it must
  // not block or throw.
  explicit TokenStream(std::function<void()> doorbell = {}) : doorbell_(std::move(doorbell)) {}

  // Producer.
  void push(GeneratedToken token);
  void finish(Finish finish);  // the first one counts
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  // Consumer.
  struct News {
    std::vector<GeneratedToken> tokens;
    std::optional<Finish> finish;  // set once, with the last tokens
  };
  News drain();  // what is there now
  News wait();   // blocks until there is something: for callers without an event loop. Empty once
                 // the finish was taken.
  // Asks the engine to stop at its next step, queued or active; a finish (cancelled) still arrives.
  void cancel() { cancelled_.store(true, std::memory_order_relaxed); }

 private:
  void announce(bool was_empty);

  std::function<void()> doorbell_;
  std::atomic<bool> cancelled_ = false;
  std::mutex mutex_;
  std::condition_variable arrived_;
  News news_;
  bool finished_ = false;
};

struct GenerationRequest {
  std::vector<TokenId> prompt;  // 1 .. context-1 tokens
  SamplingParams sampling;
  int max_tokens = -1;      // -1: to the end of the context
  bool ignore_end = false;  // go on after an end token: benchmarks
  // At the context's end go on, as EngineOptions::context_shift says, after this request's first
  // context_keep tokens. Tokens that were dropped are not seen any more.
  bool context_shift = false;
  int context_keep = 0;
  // What the text must be: the tokens that cannot lead there are never picked, and the generation
  // ends where nothing can follow. Null: any text. Compiled for this model's tokenizer.
  std::shared_ptr<const Constraint> constraint;
  std::string constraint_text;  // of the text that is held to it, what the prompt ends with already
  bool want_logprobs = false;   // of the model's own distribution, whatever the constraint
  int top_logprobs = 0;
  // Instead of generating, compute the prompt's embedding: the final states of its tokens, pooled
  // as the model's file says (ModelConfig::pooling) and of length 1. No token arrives, and the
  // finish (stop) has it. The prompt may fill the whole context. Neither takes from the prefix
  // cache, since it needs the states of all tokens, nor puts anything there.
  bool embed = false;
  // Who asks: places and time are shared out fairly between clients.
  std::string client;
  int priority = 0;  // higher is first and may take a lower one's place
  // Work that nobody waits for: it comes after all that has a higher priority, others are not told
  // to wait for it, and its length says nothing of answers.
  bool background = false;
  // Refused as busy when it is expected to wait longer for its place; 0: no limit.
  double max_wait_s = 0;
  // When it must have its place, and when it must be done: looked at between two steps.
  std::chrono::steady_clock::time_point start_by = std::chrono::steady_clock::time_point::max();
  std::chrono::steady_clock::time_point finish_by = std::chrono::steady_clock::time_point::max();
  std::shared_ptr<TokenStream> stream;
};

}  // namespace pincer
