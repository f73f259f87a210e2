#include "server/api/responses_socket.h"

#include <boost/json.hpp>
#include <deque>
#include <memory>
#include <utility>
#include <variant>

#include "server/api/find_model.h"
#include "server/api/offload.h"
#include "server/api/responses.h"
#include "server/api/socket_message.h"
#include "server/http/access.h"
#include "server/http/admission.h"
#include "server/http/doorbell.h"
#include "server/http/websocket.h"

namespace pincer {
namespace {

Problem cancelled_problem() {
  return {.status = 499,
          .message = "The response was cancelled.",
          .type = "cancelled",
          .code = "cancelled"};
}

constexpr std::size_t kMaxWaiting = 16;  // requests, beside the one that is answered

// The client of one response.
class SocketCaller final : public Caller {
 public:
  SocketCaller(asio::any_io_executor executor, std::shared_ptr<const Account> account,
               std::string key)
      : executor_(std::move(executor)), account_(std::move(account)), key_(std::move(key)) {}

  asio::any_io_executor executor() const override { return executor_; }
  const Account* account() const override { return account_.get(); }
  // As HttpCaller has it, so that responses made there can be gone on from here.
  std::string_view identity() const override {
    return account_ == nullptr ? std::string_view(key_) : Caller::identity();
  }
  std::chrono::steady_clock::time_point asked() const override { return asked_; }
  void watch(std::function<void()> on_leave) override { on_leave_ = std::move(on_leave); }
  asio::awaitable<void> unwatch() override {
    on_leave_ = nullptr;
    co_return;
  }
  bool left() const override { return left_; }

  void take_back() {
    left_ = true;
    if (const auto on_leave = std::exchange(on_leave_, nullptr)) on_leave();
  }

 private:
  asio::any_io_executor executor_;
  std::shared_ptr<const Account> account_;
  std::string key_;
  std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
  std::function<void()> on_leave_;
  bool left_ = false;
};

class SocketSink final : public ResponseSink {
 public:
  SocketSink(std::shared_ptr<WebSocket> socket, std::string stream_id)
      : socket_(std::move(socket)), stream_id_(std::move(stream_id)) {}

  bool ended() const { return ended_; }
  const std::string& response_id() const { return response_id_; }

  asio::awaitable<bool> send(ResponseEvents events) override {
    for (ResponseEvent& event : events) {
      if (response_id_.empty()) note_id(event.json);
      std::string text = with_stream_id(std::move(event.json), stream_id_);
      const bool sent = co_await socket_->write(std::move(text));
      if (!sent) co_return false;
    }
    co_return true;
  }
  asio::awaitable<void> end(ResponseEvents events, boost::json::object,
                            std::optional<Problem>) override {
    ended_ = true;
    co_await send(std::move(events));
  }

 private:
  // Of the first event, which holds the response.
  void note_id(const std::string& event) {
    boost::system::error_code error;
    const auto value = boost::json::parse(event, error);
    if (error) return;
    const auto found = value.find_pointer("/response/id", error);
    if (found != nullptr && found->is_string()) response_id_ = found->get_string().c_str();
  }

  std::shared_ptr<WebSocket> socket_;
  std::string stream_id_, response_id_;
  bool ended_ = false;
};

// A connection that waits for its client is no request in progress, which a
// drain would wait for.
class IdleScope {
 public:
  explicit IdleScope(Site& site) : site_(site) {
    site_.metrics.active_requests.fetch_sub(1);
    site_.on_request_end();
  }
  ~IdleScope() { site_.metrics.active_requests.fetch_add(1); }
  IdleScope(const IdleScope&) = delete;
  IdleScope& operator=(const IdleScope&) = delete;

 private:
  Site& site_;
};

// Belongs to the exchange's executor.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(const Api& api, Exchange& exchange, std::shared_ptr<WebSocket> socket)
      : api_(api),
        executor_(exchange.wire()->executor()),
        key_(shown_key(exchange.request())),
        depth_(exchange.limits().json_depth),
        most_waiting_bytes_(exchange.limits().body_bytes),
        socket_(std::move(socket)),
        bell_(executor_) {}

  asio::awaitable<void> serve() {
    socket_->start({.on_text = std::bind_front(&Session::take, shared_from_this()),
                    .on_end = std::bind_front(&Session::client_left, shared_from_this())});
    while (!left_) {
      if (waiting_.empty()) {
        const IdleScope idle(api_.site);
        co_await bell_.wait();
        continue;
      }
      std::string text = std::move(waiting_.front());
      waiting_.pop_front();
      bytes_ = text.size();
      waiting_bytes_ -= bytes_;
      auto parse = std::bind_front(parse_socket_message, std::move(text), depth_);
      current_ = co_await offload(api_, bytes_, std::move(parse));
      co_await answer();
      current_ = {};
    }
    co_await socket_->close(WebSocket::Close::normal, "");
    bell_.disconnect();
  }

 private:
  // What has to wait does so as text: parsed, it may take twenty times the memory.
  bool take(std::string text) {
    if (cancels(text)) return true;
    if (waiting_.size() >= kMaxWaiting || waiting_bytes_ + text.size() > most_waiting_bytes_)
      return false;
    waiting_bytes_ += text.size();
    waiting_.push_back(std::move(text));
    bell_.ring();
    return true;
  }

  // Whether it was a cancel, which does not wait. A long text, which would hold up all other
  // clients, is not looked into: no cancel is.
  bool cancels(const std::string& text) {
    if (text.size() > kInlineBytes) return false;
    const SocketMessage message = parse_socket_message(text, depth_);
    const auto* cancel = std::get_if<CancelResponse>(&message);
    if (cancel == nullptr) return false;
    const bool this_one = cancel->response_id.empty() ||
                          (sink_ != nullptr && cancel->response_id == sink_->response_id());
    if (caller_ != nullptr && this_one) caller_->take_back();
    return true;  // a response that has just ended is no error
  }

  void client_left() {
    left_ = true;
    if (caller_ != nullptr) caller_->take_back();
    bell_.ring();
  }

  asio::awaitable<void> answer() {
    std::optional<Problem> problem;
    std::string stream_id;
    if (auto* malformed = std::get_if<Problem>(&current_)) {
      problem = std::move(*malformed);
    } else if (std::holds_alternative<CancelResponse>(current_)) {
      co_return;  // a long one, see cancels(): what it was about is over
    } else {
      stream_id = std::get<CreateResponse>(current_).stream_id;
      problem = co_await create_response();
    }
    if (!problem) co_return;
    std::string text = socket_error(*problem, stream_id);
    co_await socket_->write(std::move(text));
  }

  // A problem is all that is to be said of the response, or the last that is.
  asio::awaitable<std::optional<Problem>> create_response() {
    auto& create = std::get<CreateResponse>(current_);
    if (api_.site.draining) co_return draining_problem();
    // Once more for each response: keys may have been replaced.
    auto found = api_.site.keys.find(key_);
    if (auto* unknown = std::get_if<Problem>(&found)) co_return std::move(*unknown);
    auto account = std::get<std::shared_ptr<const Account>>(std::move(found));
    if (account) {
      auto refused = account->check_scope(Scope::inference);
      if (refused) co_return refused;
    }
    const auto use = AccountUse::begin(account);  // until the end
    if (auto* limited = std::get_if<Problem>(&use)) co_return *limited;
    // Taken: it is large, perhaps, and the answer long.
    auto parse = std::bind_front(read_responses_request, std::move(create.body), api_.sampling);
    create.body = boost::json::object();
    auto parsed = co_await offload(api_, bytes_, std::move(parse));
    if (auto* problem = std::get_if<Problem>(&parsed)) co_return std::move(*problem);

    const auto caller = std::make_shared<SocketCaller>(executor_, std::move(account), key_);
    const auto sink = std::make_shared<SocketSink>(socket_, create.stream_id);
    caller_ = caller;
    sink_ = sink;
    auto& request = std::get<ResponsesRequest>(parsed);
    auto problem = co_await make_response(api_, *caller, std::move(request), *sink);
    caller_.reset();
    sink_.reset();
    if (caller->left() && !sink->ended()) problem = cancelled_problem();
    co_return problem;
  }

  const Api& api_;
  asio::any_io_executor executor_;
  std::string key_;
  std::size_t depth_;
  std::uint64_t most_waiting_bytes_;
  std::shared_ptr<WebSocket> socket_;
  Doorbell bell_;
  std::deque<std::string> waiting_;
  std::uint64_t waiting_bytes_ = 0;
  SocketMessage current_;                 // is answered
  std::size_t bytes_ = 0;                 // of its text
  std::shared_ptr<SocketCaller> caller_;  // of the response that is being made
  std::shared_ptr<SocketSink> sink_;
  bool left_ = false;
};

}  // namespace

asio::awaitable<void> responses_socket(const Api& api, Exchange& exchange) {
  auto socket = co_await WebSocket::accept(exchange, exchange.limits().body_bytes);
  if (!socket) co_return;
  const auto session = std::make_shared<Session>(api, exchange, std::move(socket));
  co_await session->serve();
}

}  // namespace pincer
