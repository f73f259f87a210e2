// The step loop: one thread that owns every sequence and KV block. submit() never blocks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "pincer/engine/generation.h"
#include "pincer/engine/kv_format.h"
#include "pincer/engine/result.h"

namespace pincer {

class Model;
class StepTrace;
class Turns;

// Cores this process may run on, or PINCER_THREADS (1 to 1024) when set.
int default_threads();

// Where a decoding sequence's next tokens are guessed from, to be verified several at once. The
// output is the same with any of them, token for token.
enum class Speculation {
  off,
  ngram,  // from its own tokens: what followed the last few ones before
};

struct EngineOptions {
  int threads = 0;          // 0: default_threads()
  int context = 0;          // tokens per sequence; 0: the model's own
  int max_active = 32;      // sequences in a batch
  int max_queued = 128;     // bounded inbox: beyond it submit() answers busy
  int prefill_chunk = 512;  // prompt tokens in one step at most
  // Of a step in which anybody decodes: the chunks of prompts beside it are cut to that. It bounds
  // the time between the tokens of a stream as far as decoding itself does not take longer.
  double step_target_ms = 50;
  Speculation speculation = Speculation::ngram;
  // Guesses instead of n-grams, unless speculation is off: a smaller model of the same vocabulary.
  std::shared_ptr<const Model> draft;
  int draft_tokens = 0;       // guessed at each step whether that pays or not; 0: as many as pay
  std::int64_t kv_bytes = 0;  // budget of the KV cache; 0: a quarter of the memory, at most 4 GiB
  KvChoice kv;
  // What was computed is kept while there is room, for prompts that begin alike. Changes no output.
  bool prefix_cache = true;
  // At the context's end drop the older half of what follows the first context_keep tokens, compute
  // the rest anew, and go on. For all generations; GenerationRequest says it for one.
  bool context_shift = false;
  int context_keep = 0;
  std::vector<TokenId> end_tokens;  // finish a generation; not part of its output
  // Shared by the engines of a process that use the same cores (parallel/turns.h): one runs a step
  // at a time. Null: this engine is alone.
  std::shared_ptr<Turns> turns;
};

// Counters and gauges for /metrics; each is one atomic, read at any time.
struct EngineStats {
  std::atomic<std::int64_t> in_flight = 0;           // generations accepted and not finished
  std::atomic<std::int64_t> active = 0, queued = 0;  // of these: in the batch, waiting for it
  std::atomic<std::int64_t> kv_blocks_used = 0, kv_blocks_total = 0;
  // Tokens computed of prompts (again, too, after a preemption), found in the prefix cache, and
  // generated.
  std::atomic<std::int64_t> prompt_tokens = 0, cached_prompt_tokens = 0, generated_tokens = 0;
  std::atomic<std::int64_t> kv_evictions = 0;  // blocks of the prefix cache that made room
  std::atomic<std::int64_t> finished = 0, cancelled = 0, rejected = 0;  // generations
  std::atomic<std::int64_t> timed_out = 0;              // of the cancelled: by a deadline
  std::atomic<std::int64_t> preempted = 0;              // times that a generation lost its place
  std::atomic<std::int64_t> drafted = 0, accepted = 0;  // tokens guessed, of these right
  std::atomic<std::int64_t> steps = 0, step_ns = 0;
  // Steps by the sequences in them: [i] counts those of at most 2^i, and more than 2^(i-1).
  static constexpr std::size_t kBatchClasses = 13;
  std::array<std::atomic<std::int64_t>, kBatchClasses> batch_sizes{};
  std::atomic<std::int64_t> batch_sum = 0;  // sequences, over all steps
  // Turns of the loop: it is alive while this grows or nothing is in flight.
  std::atomic<std::int64_t> turns = 0;
};

class Engine {
 public:
  // Errors: no_space (the weights, the KV cache and working memory do not fit into memory; names
  // each, and what to change), invalid_argument (the draft model has another vocabulary).
  static Result<std::unique_ptr<Engine>> start(std::shared_ptr<const Model> model,
                                               const EngineOptions& options);
  ~Engine();  // cancels what runs, joins

  // Errors: invalid_argument (empty or too long a prompt: names both lengths), busy (queue full or
  // draining, or the wait would be too long). On success exactly one Finish arrives on
  // request.stream.
  Result<void> submit(GenerationRequest request);
  // Seconds that a short request of `client` would wait for its place if it came now: from what
  // runs and waits, whose turn it is, and what steps have cost. 0 before anything was learnt.
  double expected_wait(const std::string& client) const;
  // From now on submit() answers busy; what is queued or active is finished.
  void drain();
  bool idle() const;  // nothing queued or active

  // Keys and values on disk, so that a later process goes on where this one was without computing
  // the prompt again. Both wait for the engine's thread, between two steps.
  //
  // Writes those of the longest prefix of `tokens` that the prefix cache has, beside `file`, which
  // is then replaced; how many tokens. Errors: io, no_space, invalid_argument (prefix cache off).
  Result<int> save_prefix(const std::filesystem::path& file, std::span<const TokenId> tokens);
  // Puts them into the prefix cache; how many tokens. Errors: io, corrupt (truncated or changed),
  // invalid_argument (another model, format or version), no_space (more than the KV cache holds).
  Result<int> restore_prefix(const std::filesystem::path& file);

  const EngineStats& stats() const;
  // Where each step's time goes, while somebody watches.
  StepTrace& trace() const;
  const Model& model() const;
  const EngineOptions& options() const;  // with defaults resolved

 private:
  Engine();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
