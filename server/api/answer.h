// The making of an answer, the same for every dialect and transport: finds the model, starts the
// generations, and hands out what arrives of them, taken apart.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/api/answer_source.h"
#include "server/api/api.h"
#include "server/api/caller.h"

namespace pincer {

// One request's, cancelled when it goes. Belongs to the caller's executor.
class Answer {
 public:
  Answer(const Api& api, Caller& caller);

  // Several choices draw differently from the same prompt; several requests, of one model, are
  // numbered one after another: request i has the choices from i * choices on. From here on the
  // caller is watched. A problem is all that comes of it then.
  asio::awaitable<std::optional<Problem>> start(std::vector<ChatRequest> requests, int choices);
  asio::awaitable<std::optional<Problem>> start(ChatRequest request, int choices = 1);

  // After a successful start.
  const Backend& backend() const { return source_->backend(); }
  int choices() const { return source_->choices(); }
  // Of the first request, those read from a cache too; 0: not known before the end.
  int prompt_tokens() const { return source_->prompt_tokens(); }

  // What there is of one choice, at least one token or its end; nothing if the caller left, or
  // after the last choice's end or a problem.
  asio::awaitable<std::optional<AnswerNews>> next();
  // Whether next() is sure not to wait.
  bool ready() const { return source_->ready(); }

  // Ends the watch over the caller, whose transport is free again: to be awaited in the end,
  // whether or not the start succeeded.
  asio::awaitable<void> release();

 private:
  const Api& api_;
  Caller& caller_;
  std::unique_ptr<AnswerSource> source_;
};

}  // namespace pincer
