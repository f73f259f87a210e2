// The state of one generation inside the engine; only its thread touches it.
#pragma once

#include <chrono>
#include <vector>

#include "engine/kv/kv_blocks.h"
#include "engine/schedule/scheduler.h"
#include "pincer/engine/generation.h"
#include "pincer/engine/sampler.h"

namespace pincer {

struct Sequence {
  using Clock = std::chrono::steady_clock;

  explicit Sequence(GenerationRequest r)
      : request(std::move(r)),
        sampler(request.sampling),
        prompt_tokens(static_cast<int>(request.prompt.size())),
        tokens(std::move(request.prompt)),
        submitted(Clock::now()) {}

  GenerationRequest request;  // its prompt has moved to `tokens`
  Sampler sampler;
  int prompt_tokens;
  std::vector<TokenId> tokens;  // prompt and output
  int computed = 0;             // tokens in the KV cache
  KvBlocks blocks;
  int cached_tokens = 0;      // of the prompt: found in the prefix cache
  int dropped = 0;            // tokens that context shifts took out of `tokens`
  bool context_full = false;  // it ends because of that
  Clock::time_point submitted, scheduled, first_token;  // default: not yet

  int generated() const { return static_cast<int>(tokens.size()) + dropped - prompt_tokens; }
  bool cancelled() const { return request.stream->cancelled(); }
  SequenceState state() const {
    return {static_cast<int>(tokens.size()), computed, blocks.count(), next_block(computed)};
  }
  // Names the tokens up to the end of the first whole block that is not among `known` tokens
  // (SequenceState::next_block); 0 when the last token, which gives logits, comes before that end.
  std::uint64_t next_block(int known) const;
  // The last message on the stream.
  Finish finish(FinishReason reason) const;
};

}  // namespace pincer
