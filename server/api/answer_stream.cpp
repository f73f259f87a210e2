#include "server/api/answer_stream.h"

#include <utility>

#include "server/api/find_model.h"
#include "server/http/sse.h"

namespace pincer {

asio::awaitable<void> stream_answer(Exchange& exchange, Answer& answer, AnswerWriter& writer) {
  std::string events;
  writer.begin(events);
  bool alive = co_await exchange.send_events(std::exchange(events, {}), writer.content_type());
  int missing = answer.choices();
  while (alive) {
    const std::optional<AnswerNews> news = co_await answer.next();
    if (!news) co_return;
    if (!news->note.empty() && writer.content_type() == kEventStream)
      append_sse_comment(events, news->note);
    if (news->problem) {
      writer.failed(events, *news->problem);
    } else {
      writer.news(events, *news);
      if (news->end && --missing == 0) writer.end(events);
    }
    if (news->problem || missing == 0) {
      co_await exchange.end_events(std::move(events));
      co_return;
    }
    if (!events.empty()) alive = co_await exchange.send_events(std::exchange(events, {}));
  }
}

asio::awaitable<void> send_problem(Exchange& exchange, Problem problem, ProblemResponse response) {
  if (is_caller_left(problem)) co_return;
  co_await exchange.send(response(problem));
}

}  // namespace pincer
