#include "engine/generate/sequence.h"

namespace pincer {

Finish Sequence::finish(FinishReason reason) const {
  const auto seconds = [](Clock::time_point from, Clock::time_point to) {
    return from == Clock::time_point{} || to == Clock::time_point{}
               ? 0.0
               : std::chrono::duration<double>(to - from).count();
  };
  const auto now = Clock::now();
  Finish f;
  f.reason = reason;
  f.prompt_tokens = prompt_tokens;
  f.generated_tokens = generated();
  f.queued_seconds = seconds(submitted, scheduled == Clock::time_point{} ? now : scheduled);
  f.prefill_seconds = seconds(scheduled, first_token);
  f.decode_seconds = seconds(first_token, now);
  return f;
}

}  // namespace pincer
