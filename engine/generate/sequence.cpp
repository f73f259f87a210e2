#include "engine/generate/sequence.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "pincer/kernels/attention.h"

namespace pincer {

std::uint64_t Sequence::next_block(int known) const {
  if (request.embed) return 0;  // it neither shares its blocks nor takes others'
  const std::size_t end =
      static_cast<std::size_t>(known / kernels::kKvBlockTokens + 1) * kernels::kKvBlockTokens;
  if (end >= tokens.size()) return 0;
  return XXH3_64bits(tokens.data(), end * sizeof(TokenId)) | 1;
}

std::string_view Sequence::overdue(Clock::time_point now) const {
  if (now >= request.finish_by) return "the request's time is over";
  const bool waits = scheduled == Clock::time_point{};
  if (waits && now >= request.start_by) return "the request got no place in the time it may wait";
  return {};
}

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
  f.cached_tokens = cached_tokens;
  f.generated_tokens = generated();
  f.context_full = context_full;
  f.drafted = drafted;
  f.accepted = accepted;
  f.queued_seconds = seconds(submitted, scheduled == Clock::time_point{} ? now : scheduled);
  f.prefill_seconds = seconds(scheduled, first_token);
  f.decode_seconds = seconds(first_token, now);
  return f;
}

}  // namespace pincer
