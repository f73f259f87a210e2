// How long a request that came now would wait for its place: what admission at the door rests on.
//
// The backlog is worked off as the scheduler would do it, in whole events instead of steps: prompts
// cost their tokens, sequences that decode together advance by a token for the price of a step, and
// whoever is done makes room for the next. Pure; some microseconds for a hundred requests.
#pragma once

#include <vector>

#include "engine/schedule/client_shares.h"
#include "engine/schedule/step_cost.h"

namespace pincer {

// What a request still costs.
struct Work {
  ClientId client = 0;
  int prompt = 0;  // tokens of its prompt that are not computed
  int output = 0;  // tokens that it is expected to generate
  int blocks = 0;  // of the KV cache, at its end
};

// What steps cost, in the few numbers that the estimate needs.
struct StepPace {
  double prompt_token_ms = 0;
  double single_ms = 0;        // a step of one decoding sequence
  double pair_ms = 0;          // of two
  double row_ms = 0;           // of each one more
  double tokens_per_step = 1;  // of a sequence: more than one where guesses come true

  double token_ms(int sequences) const;  // until each of so many has its next token
};

// From the costs that were learnt, at `keys` tokens of context a row; all zeros before the first
// observation.
StepPace step_pace(const StepCost& cost, double keys, double tokens_per_step);

struct Backlog {
  std::vector<Work> active, waiting;  // by arrival
  int max_active = 1;
  int free_blocks = 0;      // beside what the active ones hold and will come to need
  int prefill_chunk = 512;  // prompts in progress that are shorter keep nobody waiting
  StepPace pace;
};

// Seconds until `newcomer` is admitted. Clients take turns: ahead of it are the waiting requests of
// its own client, and of every other client as many as that and one more.
double wait_seconds(const Backlog& backlog, const Work& newcomer);

// Seconds after which a request that was refused should be sent again; at least 1. When its wait
// would be beyond `max_wait` (0: no limit): until it is half of that. When the queue is full: until
// half of it is worked off.
double retry_seconds(double wait, double max_wait);

}  // namespace pincer
