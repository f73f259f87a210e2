// What is known of a request once it is over: for the access log and the metrics.
#pragma once

#include <algorithm>
#include <string>

#include "pincer/engine/generation.h"

namespace pincer {

// Belongs to the request's executor.
struct RequestRecord {
  std::string model;     // that was asked, one of ours; empty: none
  std::string upstream;  // that answered: "local"
  std::string error;     // why an answer broke off after it began: "timeout"; empty: it didn't
  int prompt_tokens = 0, cached_tokens = 0;
  int output_tokens = 0;      // of all choices
  int longest_output = 0;     // of one
  double first_token_s = -1;  // after the request's headers; negative: there was none
  double queued_s = -1;       // of the choice that waited longest; negative: none was generated
  double prefill_s = 0, decode_s = 0;

  void tokens_arrived(int count, double seconds_since_headers) {
    output_tokens += count;
    if (first_token_s < 0) first_token_s = seconds_since_headers;
  }
  // A generation is over; the prompt counts once for all choices that go on from it.
  void add(const Finish& finish, bool first_of_prompt) {
    if (first_of_prompt) {
      prompt_tokens += finish.prompt_tokens;
      cached_tokens += finish.cached_tokens;
    }
    longest_output = std::max(longest_output, finish.generated_tokens);
    queued_s = std::max(queued_s, finish.queued_seconds);
    prefill_s = std::max(prefill_s, finish.prefill_seconds);
    decode_s = std::max(decode_s, finish.decode_seconds);
    if (finish.reason == FinishReason::error || finish.reason == FinishReason::timeout ||
        finish.reason == FinishReason::refused)
      error = finish_reason_name(finish.reason);
  }
};

}  // namespace pincer
