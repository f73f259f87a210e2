#include "server/history/s3_object_store.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>

#include "server/history/s3_failure.h"
#include "server/http/use_tuple.h"
#include "server/upstream/connector.h"

namespace pincer {
namespace {

namespace http = beast::http;
using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kMostBody = std::uint64_t{256} << 20;

// Head and body of one attempt; signed for the moment.
std::string request_bytes(const S3Options& options, const Endpoint& endpoint,
                          const std::string& method, const std::string& name,
                          const std::string& body) {
  AwsRequest request;
  request.method = method;
  request.path = aws_encoded(fmt::format("{}/{}/{}", endpoint.prefix, options.bucket, name), true);
  request.payload_sha256 = hex(sha256(body));
  const std::string time = aws_time(options.clock());
  request.headers = {{"host", endpoint.authority},
                     {"x-amz-content-sha256", request.payload_sha256},
                     {"x-amz-date", time}};
  if (!options.credentials.session_token.empty())
    request.headers["x-amz-security-token"] = options.credentials.session_token;
  const std::string authorization =
      aws_authorization(request, options.credentials, {.region = options.region}, time);
  // A proxy for plain HTTP takes the whole address (RFC 9112, 3.2.2).
  const bool whole = !endpoint.proxy_host.empty() && !endpoint.tls;
  std::string bytes = fmt::format("{} {}{} HTTP/1.1\r\n", method,
                                  whole ? "http://" + endpoint.authority : "", request.path);
  for (const auto& [header, value] : request.headers)
    bytes += fmt::format("{}: {}\r\n", header, value);
  bytes += fmt::format("authorization: {}\r\nuser-agent: pincer/{}\r\nContent-Length: {}\r\n\r\n",
                       authorization, PINCER_VERSION, body.size());
  return bytes + body;
}

// A call waits for `result`, which the store's thread sets.
struct Call {
  std::string method, name, body;
  std::optional<Result<std::string>> result;
};

// What one attempt came to: an answer, or why there is none.
struct Attempt {
  std::optional<S3Answer> answer;
  std::string failure;
  bool stale = false;  // the connection had been closed while it rested
};

class S3ObjectStore final : public ObjectStore {
 public:
  S3ObjectStore(S3Options options, std::shared_ptr<Connector> connector)
      : options_(std::move(options)),
        work_(asio::make_work_guard(io_)),
        connector_(std::move(connector)),
        thread_([this] { io_.run(); }) {}

  ~S3ObjectStore() override {
    S3ObjectStore::stop();
    io_.stop();
    thread_.join();
  }

  Result<void> put(const std::string& name, std::string bytes) override {
    auto done = call("PUT", name, std::move(bytes));
    return done ? Result<void>() : done.error();
  }
  Result<std::string> get(const std::string& name) override { return call("GET", name, {}); }
  Result<void> remove(const std::string& name) override {
    auto done = call("DELETE", name, {});
    return done || done.error().code == ErrorCode::not_found ? Result<void>() : done.error();
  }

  void stop() override {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }

 private:
  Error stopped_error() const {
    return {ErrorCode::cancelled,
            fmt::format("the server ends: {} is not asked any more", options_.endpoint)};
  }

  Result<std::string> call(std::string method, const std::string& name, std::string body) {
    const auto made =
        std::make_shared<Call>(Call{std::move(method), name, std::move(body), std::nullopt});
    std::unique_lock lock(mutex_);
    if (stopped_) return stopped_error();
    asio::co_spawn(io_, serve(made), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);  // a bug, or no memory
    });
    changed_.wait(lock, [&] { return stopped_ || made->result; });
    return made->result ? *std::move(made->result) : stopped_error();
  }

  asio::awaitable<void> serve(std::shared_ptr<Call> made) {
    Result<std::string> result = co_await ask(*made);
    const std::lock_guard lock(mutex_);
    made->result = std::move(result);
    changed_.notify_all();
  }

  asio::awaitable<Result<std::string>> ask(const Call& made) {
    const S3Place place{options_.endpoint, options_.bucket, options_.region,
                        options_.credentials.key_id};
    std::chrono::milliseconds pause = options_.pause;
    for (int left = options_.tries;; pause *= 2) {
      Attempt attempt = co_await try_once(made, false);
      if (attempt.stale) attempt = co_await try_once(made, true);
      if (attempt.answer && attempt.answer->status / 100 == 2)
        co_return std::move(attempt.answer->body);
      const bool again = !attempt.answer || is_passing(*attempt.answer);
      if (again && --left > 0) {
        asio::steady_timer timer(io_, pause);
        co_await timer.async_wait(kTuple);
        continue;
      }
      if (attempt.answer) co_return s3_error(*attempt.answer, place, made.name, options_.clock());
      co_return Error{ErrorCode::network,
                      fmt::format("cannot reach {}: {}", options_.endpoint, attempt.failure)};
    }
  }

  asio::awaitable<Attempt> try_once(const Call& made, bool fresh) {
    Attempt attempt;
    Connected connected = co_await connector_->connect(fresh);
    if (const auto* failure = std::get_if<UpstreamFailure>(&connected)) {
      // It names the endpoint as an upstream.
      const std::size_t colon = failure->message.find("': ");
      attempt.failure =
          colon == std::string::npos ? failure->message : failure->message.substr(colon + 3);
      co_return attempt;
    }
    auto connection = std::get<std::unique_ptr<Connection>>(std::move(connected));
    ConnectionDeadline deadline(connection->transport.socket(), io_.get_executor());
    deadline.set(Clock::now() + options_.whole);
    const std::string bytes =
        request_bytes(options_, connector_->endpoint(), made.method, made.name, made.body);
    const auto [unsent, written] =
        co_await asio::async_write(connection->transport, asio::buffer(bytes), kTuple);
    http::response_parser<http::string_body> parser;
    parser.body_limit(kMostBody);
    // A server may refuse before it has read all.
    const auto [error, size] =
        co_await http::async_read(connection->transport, connection->buffer, parser, kTuple);
    if (error) {
      attempt.stale = !fresh && connection->used_before && !deadline.passed() && !parser.got_some();
      attempt.failure = deadline.passed()
                            ? fmt::format("no answer within {} ms", options_.whole.count())
                            : (unsent ? unsent : error).message();
      co_return attempt;
    }
    auto& message = parser.get();
    attempt.answer = S3Answer{.status = message.result_int(),
                              .body = std::move(message.body()),
                              .date = std::string(message[http::field::date]),
                              .region = std::string(message["x-amz-bucket-region"])};
    deadline.set(Clock::time_point::max());
    if (message.keep_alive() && !unsent) connector_->keep(std::move(connection));
    co_return attempt;
  }

  const S3Options options_;
  asio::io_context io_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::shared_ptr<Connector> connector_;  // its connections are of io_
  std::mutex mutex_;                      // of what follows, and of all results
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace

Result<std::unique_ptr<ObjectStore>> make_s3_object_store(S3Options options) {
  UpstreamConfig config;
  config.name = "storage.cold.s3";
  config.base_url = options.endpoint;
  config.ca_file = options.ca_file;
  config.proxy = options.proxy;
  config.timeouts.connect = options.connect;
  auto connector = Connector::make(config);
  if (!connector && connector.error().code == ErrorCode::invalid_argument) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("storage.cold.s3.endpoint '{}' is not an address such as "
                             "https://s3.eu-central-1.amazonaws.com or http://127.0.0.1:9000",
                             options.endpoint)};
  }
  if (!connector) return connector.error();
  return std::unique_ptr<ObjectStore>(
      std::make_unique<S3ObjectStore>(std::move(options), *std::move(connector)));
}

}  // namespace pincer
