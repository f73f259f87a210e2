// The state of one generation inside the engine; only its thread touches it.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

#include "engine/grammar/matcher.h"
#include "engine/kv/kv_blocks.h"
#include "engine/schedule/scheduler.h"
#include "engine/speculate/acceptance.h"
#include "engine/speculate/draft_model.h"
#include "engine/speculate/prompt_lookup.h"
#include "pincer/engine/generation.h"
#include "pincer/engine/sampler.h"

namespace pincer {

inline ClientId client_id(const std::string& name) { return std::hash<std::string>{}(name); }

struct Sequence {
  using Clock = std::chrono::steady_clock;

  explicit Sequence(GenerationRequest r)
      : request(std::move(r)),
        sampler(request.sampling),
        prompt_tokens(static_cast<int>(request.prompt.size())),
        tokens(std::move(request.prompt)),
        client(client_id(request.client)),
        submitted(Clock::now()),
        waiting_since(submitted) {
    if (!request.constraint) return;
    matcher.emplace(request.constraint);
    matcher->accept_bytes(request.constraint_text);
  }

  GenerationRequest request;  // its prompt has moved to `tokens`
  Sampler sampler;
  std::optional<Matcher> matcher;  // where the output is in its grammar
  int prompt_tokens;
  std::vector<TokenId> tokens;  // prompt and output
  int computed = 0;             // tokens in the KV cache
  KvBlocks blocks;
  int cached_tokens = 0;      // of the prompt: found in the prefix cache
  int found = 0;              // tokens that the last plan found in the prefix cache, while it waits
  int dropped = 0;            // tokens that context shifts took out of `tokens`
  bool context_full = false;  // it ends because of that

  // For the scheduler.
  ClientId client;
  int level = 0;             // while it is active
  std::int64_t arrival = 0;  // in the order of the inbox
  int preemptions = 0;
  int charged = 0;  // tokens that its client's counter holds: none twice
  Clock::time_point submitted, scheduled, first_token;  // default: not yet
  Clock::time_point waiting_since;

  std::vector<double> pooled;  // the embedding so far: [width]

  // Speculation.
  PromptLookup lookup;
  DraftState draft;
  Acceptance acceptance;
  PromptLookup::Proposal proposal;  // for the next step; empty unless it decodes
  int drafted = 0, accepted = 0;    // tokens verified, and of these right

  int generated() const { return static_cast<int>(tokens.size()) + dropped - prompt_tokens; }
  bool cancelled() const { return request.stream->cancelled(); }
  // Which deadline has passed, in words; empty: none.
  std::string_view overdue(Clock::time_point now) const;
  bool decoding() const {
    return !request.embed && computed > 0 && static_cast<int>(tokens.size()) - computed == 1;
  }
  static double seconds(Clock::time_point t) {
    return std::chrono::duration<double>(t.time_since_epoch()).count();
  }
  SequenceState state() const {
    return {.tokens = static_cast<int>(tokens.size()),
            .computed = computed,
            .blocks = blocks.count(),
            .next_block = next_block(computed),
            .drafts = static_cast<int>(proposal.tokens.size()),
            .client = client,
            .priority = request.priority,
            .level = level,
            .arrival = arrival,
            .waiting_since_s = seconds(waiting_since),
            .preemptions = preemptions};
  }
  // Names the tokens up to the end of the first whole block that is not among `known` tokens
  // (SequenceState::next_block); 0 when the last token, which gives logits, comes before that end.
  std::uint64_t next_block(int known) const;
  // The last message on the stream.
  Finish finish(FinishReason reason) const;
};

}  // namespace pincer
