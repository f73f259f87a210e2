// Who makes an answer: a model of this server, or a route over several upstreams.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "pincer/server/backend.h"
#include "server/chat/answer_news.h"
#include "server/http/types.h"

namespace pincer {

// One request's; Answer's functions have the same meaning.
class AnswerSource {
 public:
  virtual ~AnswerSource() = default;  // cancels what is not finished

  virtual asio::awaitable<std::optional<Problem>> start(std::vector<ChatRequest> requests,
                                                        int choices) = 0;
  virtual const Backend& backend() const = 0;
  virtual int choices() const = 0;
  virtual int prompt_tokens() const = 0;
  virtual asio::awaitable<std::optional<AnswerNews>> next() = 0;
  virtual bool ready() const { return false; }
  virtual asio::awaitable<void> release() = 0;
};

}  // namespace pincer
