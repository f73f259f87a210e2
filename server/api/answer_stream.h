// A streamed answer over HTTP, in the form that a dialect gives it.
#pragma once

#include <string>
#include <string_view>

#include "server/api/answer.h"
#include "server/http/exchange.h"

namespace pincer {

// Writes a dialect's events as bytes, such as append_sse_event() does, to the end of `out`. Each
// call may write nothing.
class AnswerWriter {
 public:
  virtual ~AnswerWriter() = default;
  virtual std::string_view content_type() const { return kEventStream; }
  virtual void begin(std::string& out) = 0;  // before the first token is there
  virtual void news(std::string& out, const AnswerNews& news) = 0;    // without a problem
  virtual void end(std::string& out) = 0;                             // all choices have ended
  virtual void failed(std::string& out, const Problem& problem) = 0;  // instead of end()
};

// From the first byte of the response to the last, unless the client leaves or reads too slowly.
asio::awaitable<void> stream_answer(Exchange& exchange, Answer& answer, AnswerWriter& writer);

// A problem as the whole response, in a dialect's error body; nothing to a client that left.
using ProblemResponse = Response (*)(const Problem&);
asio::awaitable<void> send_problem(Exchange& exchange, Problem problem, ProblemResponse response);

}  // namespace pincer
