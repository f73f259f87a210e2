#include "server/upstream/remote_upstream.h"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "server/http/use_tuple.h"
#include "server/upstream/api_secret.h"
#include "server/upstream/connector.h"
#include "server/upstream/remote_failure.h"

namespace pincer {
namespace {

namespace http = beast::http;
using Clock = std::chrono::steady_clock;
constexpr std::size_t kMostHead = 64 << 10;
constexpr std::size_t kMostErrorBody = 64 << 10;

// One request's response as it arrives.
class RemoteStream final : public UpstreamStream {
 public:
  RemoteStream(std::shared_ptr<Connector> connector, std::unique_ptr<Connection> connection,
               const asio::any_io_executor& executor, const UpstreamTimeouts& timeouts,
               std::unique_ptr<EventParser> events)
      : connector_(std::move(connector)),
        connection_(std::move(connection)),
        timeouts_(timeouts),
        deadline_(std::make_unique<ConnectionDeadline>(connection_->transport.socket(), executor)),
        events_(std::move(events)),
        sent_(Clock::now()) {
    parser_.header_limit(kMostHead);
    parser_.body_limit(boost::none);
    parser_.eager(true);
  }
  ~RemoteStream() override {
    deadline_.reset();
    if (ended_well_ && parser_.is_done() && parser_.keep_alive())
      connector_->keep(std::move(connection_));
  }

  // Writes the request and reads the head of the response. A failure with `stale_` set came before
  // the first byte: the connection had been closed while it rested.
  asio::awaitable<std::optional<UpstreamFailure>> open(std::string bytes, const Dialect& dialect) {
    deadline_->set(limit(timeouts_.first_token, sent_));
    NetError error;
    const std::size_t sent = connection_->transport.write_now(bytes);
    if (sent < bytes.size()) {
      const auto [failed, written] =
          co_await asio::async_write(connection_->transport, asio::buffer(bytes) + sent, kTuple);
      error = failed;
    }
    if (!error) {
      const auto [unread, size] = co_await http::async_read_header(
          connection_->transport, connection_->buffer, parser_, kTuple);
      error = unread;
    }
    stale_ = error && connection_->used_before && !deadline_->passed() && !parser_.got_some();
    if (error) co_return broken(error);
    const int status = static_cast<int>(parser_.get().result_int());
    if (status / 100 == 2) co_return std::nullopt;
    co_return co_await refusal(status, dialect);
  }
  bool stale() const { return stale_; }

  asio::awaitable<UpstreamNews> next() override {
    while (!cancelled_) {
      UpstreamNews news = parse();
      if (!news.parts.empty() || news.end || news.failure) {
        ended_well_ = news.end.has_value();
        if (ended_well_) read_rest();
        co_return news;
      }
      if (parser_.is_done()) {
        events_->finish(news);
        ended_well_ = news.end.has_value();
        co_return news;
      }
      deadline_->set(limit(had_content_ ? timeouts_.inter_token : timeouts_.first_token,
                           had_content_ ? last_content_ : sent_));
      const auto [error, size] = co_await http::async_read_some(
          connection_->transport, connection_->buffer, parser_, kTuple);
      if (error) co_return after(error);
    }
    co_return failed({.kind = FailureClass::cancelled, .message = "the client left"});
  }

  int prompt_tokens() const override { return events_->prompt_tokens(); }

  void cancel() override {
    cancelled_ = true;
    NetError ignored;
    connection_->transport.socket().close(ignored);
  }

 private:
  // Of what has arrived: a body in chunks ends with an empty one, which mostly comes along with the
  // last event. Unless it is read, the connection cannot be kept.
  void read_rest() {
    NetError error;
    while (!parser_.is_done() && connection_->buffer.size() > 0) {
      const std::size_t used = parser_.put(connection_->buffer.data(), error);
      connection_->buffer.consume(used);
      if (error || used == 0) return;
    }
  }

  // Which deadline is the next one.
  Clock::time_point limit(Milliseconds patience, Clock::time_point from) const {
    const auto whole =
        timeouts_.total.count() > 0 ? sent_ + timeouts_.total : Clock::time_point::max();
    return std::min(whole, from + patience);
  }

  static UpstreamNews failed(UpstreamFailure failure) {
    UpstreamNews news;
    news.failure = std::move(failure);
    return news;
  }

  UpstreamFailure broken(const NetError& error) const {
    if (cancelled_) return {.kind = FailureClass::cancelled, .message = "the client left"};
    if (deadline_->passed()) {
      return {.kind = had_content_ ? FailureClass::timeout_idle : FailureClass::timeout_first,
              .message = had_content_ ? "it fell silent" : "nothing came in time"};
    }
    const bool garbled =
        error.category() == http::make_error_code(http::error::bad_version).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message;
    return {.kind = garbled ? FailureClass::garbled : FailureClass::reset,
            .message = garbled ? "what it sent is not HTTP" : "the connection broke"};
  }

  // What had arrived before the connection broke comes first; the failure is found again.
  UpstreamNews after(const NetError& error) {
    UpstreamNews news = parse();
    if (!news.end && !news.failure) news.failure = broken(error);
    return news;
  }

  UpstreamNews parse() {
    UpstreamNews news;
    std::string bytes = std::exchange(parser_.get().body(), {});
    if (bytes.empty()) return news;
    std::vector<SseEvent> events;
    const bool fits = reader_.push(bytes, events);
    for (const SseEvent& event : events) events_->push(event, news);
    if (!fits && !news.end && !news.failure) {
      news.failure =
          UpstreamFailure{.kind = FailureClass::garbled, .message = "an event has no end"};
    }
    if (news.parts.empty()) return news;
    had_content_ = true;
    last_content_ = Clock::now();
    return news;
  }

  asio::awaitable<UpstreamFailure> refusal(int status, const Dialect& dialect) {
    std::string body;
    while (!parser_.is_done() && body.size() < kMostErrorBody) {
      const auto [error, size] = co_await http::async_read_some(
          connection_->transport, connection_->buffer, parser_, kTuple);
      body += std::exchange(parser_.get().body(), {});
      if (error) break;
    }
    body += std::exchange(parser_.get().body(), {});
    UpstreamFailure failure = dialect.failure(status, body);
    const auto& head = parser_.get();
    if (const auto found = head.find("retry-after-ms"); found != head.end()) {
      failure.retry_after = parse_retry_after(found->value()) / 1000;
    } else if (const auto seconds = head.find(http::field::retry_after); seconds != head.end()) {
      failure.retry_after = parse_retry_after(seconds->value());
    }
    ended_well_ = true;  // the connection can be used again
    co_return failure;
  }

  std::shared_ptr<Connector> connector_;
  std::unique_ptr<Connection> connection_;
  UpstreamTimeouts timeouts_;
  std::unique_ptr<ConnectionDeadline> deadline_;
  std::unique_ptr<EventParser> events_;
  SseReader reader_;
  http::response_parser<http::string_body> parser_;
  Clock::time_point sent_, last_content_;
  bool had_content_ = false, cancelled_ = false, ended_well_ = false, stale_ = false;
};

class RemoteUpstream final : public Upstream {
 public:
  RemoteUpstream(UpstreamConfig config, const Dialect& dialect,
                 std::shared_ptr<Connector> connector, const std::string& key)
      : config_(std::move(config)), dialect_(dialect), connector_(std::move(connector)) {
    const Endpoint& endpoint = connector_->endpoint();
    // A proxy for plain HTTP takes the whole address (RFC 9112, 3.2.2).
    const bool whole = !endpoint.proxy_host.empty() && !endpoint.tls;
    head_ = fmt::format(
        "POST {}{}{} HTTP/1.1\r\nHost: {}\r\nUser-Agent: pincer/{}\r\nContent-Type: "
        "application/json\r\nAccept: text/event-stream\r\n",
        whole ? "http://" + endpoint.authority : "", endpoint.prefix, dialect.path,
        endpoint.authority, PINCER_VERSION);
    for (const auto& [name, value] : dialect.headers(key))
      head_ += fmt::format("{}: {}\r\n", name, value);
  }

  const UpstreamConfig& config() const override { return config_; }

  asio::awaitable<StartedStream> start(ChatRequest request,
                                       std::shared_ptr<StartWatch> watch) override {
    const auto mapped = config_.models.find(request.model);
    const std::string& model = mapped == config_.models.end() ? request.model : mapped->second;
    const std::string body = dialect_.body(request, config_, model);
    if (watch->leaving) watch->leaving(body);
    const std::string bytes =
        fmt::format("{}Content-Length: {}\r\n\r\n{}", head_, body.size(), body);
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    for (bool fresh = false;; fresh = true) {
      Connected connected = co_await connector_->connect(fresh);
      if (auto* failure = std::get_if<UpstreamFailure>(&connected)) co_return std::move(*failure);
      auto stream = std::make_unique<RemoteStream>(
          connector_, std::get<std::unique_ptr<Connection>>(std::move(connected)), executor,
          config_.timeouts, dialect_.events());
      watch->cancel = [opening = stream.get()] { opening->cancel(); };
      auto failure = co_await stream->open(bytes, dialect_);
      watch->cancel = nullptr;
      if (!failure) co_return stream;
      if (stream->stale() && !fresh) continue;
      failure->message = fmt::format("upstream '{}': {}", config_.name, failure->message);
      co_return *std::move(failure);
    }
  }

 private:
  UpstreamConfig config_;
  const Dialect& dialect_;
  std::shared_ptr<Connector> connector_;
  std::string head_;  // of every request, up to the length
};

}  // namespace

Result<std::shared_ptr<Upstream>> make_remote_upstream(UpstreamConfig config,
                                                       const Dialect& dialect) {
  auto key = read_api_secret(config);
  if (!key) return key.error();
  auto connector = Connector::make(config);
  if (!connector) return connector.error();
  return std::shared_ptr<Upstream>(
      std::make_shared<RemoteUpstream>(std::move(config), dialect, *std::move(connector), *key));
}

}  // namespace pincer
