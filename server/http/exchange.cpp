#include "server/http/exchange.h"

#include <cassert>
#include <utility>

#include "server/http/sse.h"

namespace pincer {

Exchange::Exchange(std::shared_ptr<Wire> wire, std::shared_ptr<const Limits> limits)
    : wire_(std::move(wire)), limits_(std::move(limits)) {}

asio::awaitable<bool> Exchange::write(std::string bytes) {
  if (broken_) co_return false;
  const std::size_t size = bytes.size();
  const NetError error = co_await wire_->write(std::move(bytes), limits_->write_timeout);
  if (error) broken_ = true;
  if (!error) bytes_sent_ += size;
  co_return !error;
}

std::string Exchange::head(Response& response, Framing framing) const {
  response.headers.insert(response.headers.end(), headers_.begin(), headers_.end());
  return response_head(response, framing, keep_alive_, request_.id);
}

asio::awaitable<void> Exchange::send(Response response) {
  assert(!started());
  status_ = response.status;
  std::string bytes = head(response, Framing::length);
  if (request_.method != beast::http::verb::head) bytes += response.body;
  co_await write(std::move(bytes));
}

// The head, unless it was sent before.
std::string Exchange::head_of_events(std::string_view content_type) {
  if (started()) return {};
  status_ = 200;
  Response events_follow;
  events_follow.content_type = content_type;
  // The second keeps reverse proxies (nginx) from holding events back.
  events_follow.headers = {{"Cache-Control", "no-cache"}, {"X-Accel-Buffering", "no"}};
  return head(events_follow, request_.http_1_0 ? Framing::close : Framing::chunked);
}

asio::awaitable<bool> Exchange::send_events(std::string events, std::string_view content_type) {
  std::string bytes = head_of_events(content_type);
  bytes += request_.http_1_0 ? events : http_chunk(events);
  co_return co_await write(std::move(bytes));
}

asio::awaitable<void> Exchange::end_events(std::string events, std::string_view content_type) {
  std::string bytes = head_of_events(content_type);
  bytes += request_.http_1_0 ? events : http_chunk(events);
  if (!request_.http_1_0) bytes += kLastHttpChunk;
  co_await write(std::move(bytes));
}

}  // namespace pincer
