#include "server/api/answer_stream.h"

#include <utility>

#include "server/api/find_model.h"
#include "server/http/sse.h"

namespace pincer {
namespace {

constexpr std::size_t kMostHeld = 16 << 10;  // bytes

}  // namespace

asio::awaitable<void> stream_answer(Exchange& exchange, Answer& answer, AnswerWriter& writer) {
  std::string events;
  writer.begin(events);
  bool alive = true;
  int missing = answer.choices();
  while (alive) {
    // What has come already goes along: one packet, one wake of the client.
    const bool more = answer.ready() && events.size() < kMostHeld;
    if (!events.empty() && !more)
      alive = co_await exchange.send_events(std::exchange(events, {}), writer.content_type());
    if (!alive) co_return;
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
      co_await exchange.end_events(std::move(events), writer.content_type());
      co_return;
    }
  }
}

asio::awaitable<void> send_problem(Exchange& exchange, Problem problem, ProblemResponse response) {
  if (is_caller_left(problem)) co_return;
  co_await exchange.send(response(problem));
}

}  // namespace pincer
