// What the parts of an answer add up to.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "server/api/answer.h"

namespace pincer {

// One choice, whole.
struct AnswerMessage {
  std::string text, reasoning;
  std::vector<ToolCall> calls;
  std::vector<GeneratedToken> tokens;  // where logprobs are wanted
  AnswerEnd end;

  void add(const AnswerNews& news);
};

// All choices, in their order; a problem if one of them failed (caller_left() is one).
asio::awaitable<std::variant<std::vector<AnswerMessage>, Problem>> collect(Answer& answer);

}  // namespace pincer
