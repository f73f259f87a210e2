#include "server/framed/connection.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/json.hpp>
#include <functional>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "server/framed/frame.h"
#include "server/framed/hello.h"
#include "server/framed/stream.h"

namespace pincer {
namespace json = boost::json;

namespace {

constexpr std::size_t kMaxStreams = 128;     // at once, in one connection
constexpr std::size_t kMaxHello = 16 << 10;  // bytes, from a client that has shown no key yet

std::string_view view(const beast::flat_buffer& input) {
  return {static_cast<const char*>(input.data().data()), input.size()};
}

// Belongs to the wire's executor. Streams hold it until they end.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(const Api& api, std::shared_ptr<Wire> wire)
      : api_(api),
        limits_(*api.site.limits()),
        wire_(std::move(wire)),
        outbox_(std::make_shared<Outbox>(wire_, limits_.write_timeout)),
        idle_(wire_->executor()) {}

  asio::awaitable<void> serve() {
    bool more = co_await shake_hands();
    while (more) {
      std::optional<Frame> frame = co_await read_frame(limits_.body_bytes);
      if (!frame) break;
      more = co_await outbox_->room();
      if (!more) break;
      take(*std::move(frame));
      more = co_await outbox_->flush();
    }
    idle_.cancel();
    take_all_back();
  }

 private:
  void take_all_back() {
    const auto streams = std::exchange(streams_, {});
    for (const auto& [id, stream] : streams) stream->take_back();
  }

  // A client that says nothing for long, and waits for nothing, is dropped.
  struct OnIdle {
    std::weak_ptr<Connection> connection;
    void operator()(const NetError& error) const {
      const auto self = connection.lock();
      if (error || !self || self->idle_.expiry() > asio::steady_timer::clock_type::now()) return;
      if (self->streams_.empty()) return self->wire_->close();
      self->watch_idleness(self->limits_.idle_timeout);
    }
  };

  void watch_idleness(Wire::Duration limit) {
    idle_.expires_after(limit);
    idle_.async_wait(OnIdle{weak_from_this()});
  }

  // Nothing at the end of the connection, or after an error that ends it.
  asio::awaitable<std::optional<Frame>> read_frame(std::size_t max_payload) {
    bool begun = false;  // a frame: what comes of it slowly gets no further time
    for (;;) {
      std::size_t used = 0;
      TakenFrame taken = take_frame(view(wire_->input()), max_payload, used);
      if (auto* frame = std::get_if<Frame>(&taken)) {
        wire_->input().consume(used);
        co_return std::move(*frame);
      }
      if (auto* problem = std::get_if<Problem>(&taken)) {
        refuse(*problem);
        co_await end_refused();
        co_return std::nullopt;
      }
      if (greeted_ && !begun) {
        begun = wire_->input().size() > 0;
        watch_idleness(begun ? limits_.body_timeout : limits_.idle_timeout);
      }
      const NetError error = co_await wire_->read_some();
      if (error) co_return std::nullopt;
    }
  }

  // Sends an error of the connection, with which it ends.
  void refuse(const Problem& problem) {
    idle_.cancel();
    append_frame(outbox_->frames(), FrameType::error, 0, framed_error(problem));
  }
  asio::awaitable<void> end_refused() {
    const bool sent = co_await outbox_->flush();
    // Streams may still write, each under its own deadline.
    if (sent && streams_.empty()) co_await wire_->linger(limits_.linger_timeout);
  }

  asio::awaitable<bool> shake_hands() {
    watch_idleness(limits_.header_timeout);
    const std::optional<Frame> frame = co_await read_frame(kMaxHello);
    if (!frame) co_return false;
    std::optional<Problem> problem;
    auto hello = parse_hello(frame->payload);
    if (frame->type != FrameType::hello) {
      problem = Problem{.message = "The first frame must be a hello.", .code = "hello_expected"};
    } else if (auto* malformed = std::get_if<Problem>(&hello)) {
      problem = std::move(*malformed);
    } else {
      key_ = std::get<Hello>(std::move(hello)).key;
      auto found = api_.site.keys.find(key_);
      if (auto* unknown = std::get_if<Problem>(&found)) problem = std::move(*unknown);
    }
    if (problem) {
      refuse(*problem);
      co_await end_refused();
      co_return false;
    }
    greeted_ = true;
    const json::object welcome{{"version", kFramedVersion},
                               {"max_frame", limits_.body_bytes},
                               {"max_streams", kMaxStreams}};
    append_frame(outbox_->frames(), FrameType::welcome, 0, json::serialize(welcome));
    const bool sent = co_await outbox_->flush();
    co_return sent;
  }

  void take(Frame frame) {
    switch (frame.type) {
      case FrameType::chat:
      case FrameType::completion:
        return begin(std::move(frame));
      case FrameType::cancel: {
        const auto found = streams_.find(frame.stream);
        if (found != streams_.end()) found->second->take_back();
        return;  // one that has just ended is no error
      }
      case FrameType::ping:
        return append_frame(outbox_->frames(), FrameType::pong, 0, frame.payload);
      case FrameType::models:
        return append_frame(outbox_->frames(), FrameType::model_list, frame.stream, model_list());
      default:
        return error(frame.stream, {.message = "There is one hello.", .code = "unexpected_frame"});
    }
  }

  void error(std::uint32_t stream, const Problem& problem) {
    append_frame(outbox_->frames(), FrameType::error, stream, framed_error(problem));
  }

  void begin(Frame frame) {
    const std::uint32_t id = frame.stream;
    if (streams_.contains(id)) {
      return error(id, {.message = fmt::format("The stream {} is in use: choose another.", id),
                        .code = "stream_in_use"});
    }
    if (streams_.size() >= kMaxStreams) {
      return error(id, {.status = 429,
                        .message = fmt::format("There are {} requests in progress here, as many "
                                               "as a connection may have.",
                                               kMaxStreams),
                        .type = "rate_limit_error",
                        .code = "too_many_streams",
                        .retry_after_seconds = 1});
    }
    // Once more for each request: keys may have been replaced.
    auto found = api_.site.keys.find(key_);
    if (auto* problem = std::get_if<Problem>(&found)) return error(id, *problem);
    auto stream = std::make_shared<FramedStream>(
        wire_->executor(), outbox_, id, std::get<std::shared_ptr<const Account>>(std::move(found)));
    streams_.emplace(id, stream);
    asio::co_spawn(wire_->executor(),
                   run(shared_from_this(), std::move(stream), id, std::move(frame)),
                   asio::detached);
  }

  static asio::awaitable<void> run(std::shared_ptr<Connection> self,
                                   std::shared_ptr<FramedStream> stream, std::uint32_t id,
                                   Frame frame) {
    std::function<void()> forget = [self, id] { self->streams_.erase(id); };
    co_await FramedStream::run(std::move(stream), self->api_, std::move(frame), std::move(forget));
  }

  std::string model_list() const {
    json::array models;
    for (const Models::Entry& entry : api_.models->list())
      models.push_back(json::object{{"id", entry.name}, {"ready", entry.backend != nullptr}});
    return json::serialize(json::object{{"models", std::move(models)}});
  }

  const Api& api_;
  const Limits limits_;
  std::shared_ptr<Wire> wire_;
  std::shared_ptr<Outbox> outbox_;
  asio::steady_timer idle_;
  std::map<std::uint32_t, std::shared_ptr<FramedStream>> streams_;
  std::string key_;
  bool greeted_ = false;
};

}  // namespace

asio::awaitable<void> serve_framed(const Api& api, std::shared_ptr<Wire> wire) {
  const auto connection = std::make_shared<Connection>(api, std::move(wire));
  co_await connection->serve();
}

}  // namespace pincer
