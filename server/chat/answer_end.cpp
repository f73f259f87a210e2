#include "server/chat/answer_end.h"

#include <fmt/format.h>

#include <utility>

namespace pincer {

// Why a generation ended otherwise than it should have.
std::optional<Problem> finish_problem(const Finish& finish, bool stopped) {
  if (stopped || finish.reason == FinishReason::stop || finish.reason == FinishReason::length)
    return std::nullopt;
  if (finish.reason == FinishReason::error) {
    return Problem{
        .status = 500, .message = "The model failed: " + finish.error, .type = "server_error"};
  }
  if (finish.reason == FinishReason::refused) {
    return Problem{.message = fmt::format("The answer was ended: {}.", finish.error),
                   .code = "invalid_value"};
  }
  if (finish.reason == FinishReason::timeout) {
    return Problem{.status = 504,
                   .message = fmt::format("The answer was ended: {}.", finish.error),
                   .type = "timeout_error",
                   .code = "deadline_exceeded"};
  }
  return Problem{.status = 503,
                 .message = "The generation was cut off because the server stops.",
                 .type = "server_error",
                 .code = "draining",
                 .retry_after_seconds = 5};
}

AnswerEnd answer_end(const AnswerReader& reader, Finish finish) {
  using Reason = AnswerEnd::Reason;
  AnswerEnd end;
  end.completion_tokens = reader.stopped() ? reader.tokens() : finish.generated_tokens;
  end.reasoning_tokens = reader.reasoning_tokens();
  if (!reader.stop_string().empty()) {
    end.reason = Reason::stop_string;
    end.stop_string = reader.stop_string();
  } else if (finish.reason == FinishReason::length && !reader.stopped()) {
    end.reason = Reason::length;
  } else if (reader.calls() > 0) {
    end.reason = Reason::tool_calls;
  }
  end.finish = std::move(finish);
  return end;
}

void AnswerUsage::add(const AnswerEnd& end, bool first_of_prompt) {
  if (first_of_prompt) {
    prompt_tokens += end.finish.prompt_tokens;
    cached_tokens += end.finish.cached_tokens;
  }
  completion_tokens += end.completion_tokens;
  reasoning_tokens += end.reasoning_tokens;
}

}  // namespace pincer
