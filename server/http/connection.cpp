#include "server/http/connection.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <utility>

#include "server/http/admission.h"
#include "server/http/connection_scope.h"
#include "server/http/random_id.h"
#include "server/http/request_head.h"
#include "server/http/request_timeout.h"
#include "server/log/access_line.h"
#include "server/metrics/gen_ai_metrics.h"

namespace pincer {
namespace {

namespace http = beast::http;

// A request in progress, as metrics and draining count it.
class RequestScope {
 public:
  RequestScope(Site& site, const Exchange& exchange) : site_(site), exchange_(exchange) {
    site_.metrics.active_requests.fetch_add(1);
  }
  ~RequestScope() {
    using Seconds = std::chrono::duration<double>;
    const Seconds taken = std::chrono::steady_clock::now() - exchange_.request().received;
    // 499, as nginx has it: the client left before anything was answered.
    const unsigned status = exchange_.started() ? exchange_.status() : 499;
    site_.metrics.count_request(pattern_, status, taken.count());
    const std::string_view operation = gen_ai_operation(pattern_);
    if (!operation.empty())
      site_.metrics.gen_ai.observe(operation, exchange_.record(), status, taken.count());
    if (site_.access_log) site_.access_log->write(line(status, taken.count()));
    site_.metrics.active_requests.fetch_sub(1);
    site_.on_request_end();
  }
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  void set_pattern(std::string_view pattern) { pattern_ = pattern; }

 private:
  std::string line(unsigned status, double seconds) const {
    const Request& request = exchange_.request();
    const auto trace = request.headers.find("traceparent");
    std::string_view traceparent;
    if (trace != request.headers.end())
      traceparent = {trace->value().data(), trace->value().size()};
    const auto& account = exchange_.account();
    return access_line({.time = std::chrono::system_clock::now(),
                        .id = request.id,
                        .traceparent = traceparent,
                        .key = account ? std::string_view(account->key().name) : std::string_view(),
                        .method = request.method_name,
                        .path = request.path,
                        .status = status,
                        .bytes = exchange_.bytes_sent(),
                        .seconds = seconds,
                        .record = exchange_.record()});
  }

  Site& site_;
  const Exchange& exchange_;
  std::string_view pattern_ = "other";
};

Response problem_response(const Site& site, const Request& request, const Problem& problem,
                          const std::string& allow) {
  Response response = site.problem_response(problem, request.path);
  if (problem.status == 405) response.headers.emplace_back("Allow", allow);
  return response;
}

Response options_response(const Site& site, const Request& request, const std::string& allow) {
  Response response;
  response.status = 204;
  response.content_type.clear();
  response.headers = site.access()->preflight_headers(request, allow);
  response.headers.emplace_back("Allow", allow);
  return response;
}

// Only what makes the engine work counts against a key's limits.
bool is_limited(const Route* route) {
  return route != nullptr &&
         (route->scope == Scope::inference || route->scope == Scope::embeddings);
}

// What the request's head says, and whether its key may go on.
std::optional<Problem> admit(Site& site, const Router::Match& match, Exchange& exchange,
                             bool loopback) {
  std::shared_ptr<const Account> account;
  auto problem = admission_problem(site, exchange.request(), match, loopback, account);
  exchange.add_headers(site.access()->cors_headers(exchange.request()));
  if (problem) return problem;
  const auto patience = request_timeout(exchange.request());
  if (!patience) return Problem{.message = patience.error().message, .code = "invalid_timeout"};
  exchange.set_patience(*patience);
  exchange.set_account(account);
  if (!is_limited(match.route)) return std::nullopt;
  auto use = AccountUse::begin(std::move(account));
  if (auto* refused = std::get_if<Problem>(&use)) return std::move(*refused);
  exchange.set_use(std::get<AccountUse>(std::move(use)));
  return std::nullopt;
}

asio::awaitable<std::optional<Problem>> read_body(Wire& wire, RequestParser& parser,
                                                  Request& request, const Limits& limits) {
  if (!parser.is_done()) {
    if (!request.header(http::field::expect).empty() && !request.http_1_0) {
      std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
      co_await wire.write(std::move(go_on), limits.write_timeout);
    }
    const NetError error = co_await wire.parse(parser, Wire::Part::all, limits.body_timeout);
    if (error) {
      auto problem = input_problem(error, limits);
      if (!problem) throw boost::system::system_error(error);  // the client is gone
      co_return problem;
    }
  }
  request.body = std::move(parser.get().body());
  co_return std::nullopt;
}

asio::awaitable<void> run_handler(Site& site, const Route& route, Exchange& exchange) {
  bool failed = false;
  try {
    auto work = route.handler(exchange);
    co_await std::move(work);
  } catch (const std::exception& error) {
    spdlog::error("request {}: {}", exchange.request().id, error.what());
    failed = true;
  }
  if (!failed) co_return;
  exchange.close_after();
  if (exchange.started()) co_return;
  Problem problem{
      .status = 500, .message = "The server failed; its log says more.", .type = "server_error"};
  Response response = site.problem_response(problem, exchange.request().path);
  co_await exchange.send(std::move(response));
}

// Answers the request whose head `parser` has read, or failed to with `error`.
asio::awaitable<void> answer(Site& site, RequestParser& parser, NetError error, Exchange& exchange,
                             RequestScope& scope, bool loopback) {
  auto problem =
      error ? input_problem(error, exchange.limits()) : read_head(exchange.request(), parser);
  bool close = problem || !parser.keep_alive() || exchange.request().http_1_0;
  Router::Match match;
  if (!problem) {
    match = site.router.match(exchange.request().method, exchange.request().path);
    if (!match.pattern.empty()) scope.set_pattern(match.pattern);
    problem = admit(site, match, exchange, loopback);
  }
  // An unread body cannot be told from a next request, so the connection ends with the refusal.
  close = close || site.draining || (problem && !parser.is_done());
  if (close) exchange.close_after();
  if (!problem) {
    problem = co_await read_body(*exchange.wire(), parser, exchange.request(), exchange.limits());
    if (problem) exchange.close_after();
  }
  if (problem || match.route == nullptr) {
    Response response = problem ? problem_response(site, exchange.request(), *problem, match.allow)
                                : options_response(site, exchange.request(), match.allow);
    co_await exchange.send(std::move(response));
    co_return;
  }
  co_await run_handler(site, *match.route, exchange);
}

// True if the connection can carry another request.
asio::awaitable<bool> serve_request(std::shared_ptr<Wire> wire, Site& site, bool loopback,
                                    bool last) {
  RequestParser parser;
  const auto limits = site.limits();
  parser.header_limit(limits->header_bytes);
  parser.body_limit(limits->body_bytes);
  const NetError error = co_await wire->parse(parser, Wire::Part::header, limits->header_timeout);
  if (error && !input_problem(error, *limits)) co_return false;

  Exchange exchange(wire, limits);
  exchange.request().received = std::chrono::steady_clock::now();
  exchange.request().id = random_id("req_");
  if (last) exchange.close_after();
  RequestScope scope(site, exchange);
  co_await answer(site, parser, error, exchange, scope, loopback);
  co_return exchange.keep_alive();
}

asio::awaitable<void> serve_requests(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site,
                                     bool loopback) {
  bool more = true;
  for (int served = 1; more; ++served) {
    if (wire->input().size() == 0) {
      const NetError error = co_await wire->read_more(served == 1 ? site->limits()->header_timeout
                                                                  : site->limits()->idle_timeout);
      // A client of TLS that waits is told that this is an end and not a cut.
      if (error == asio::error::timed_out && wire->is_tls()) break;
      if (error) co_return;
    }
    more = co_await serve_request(wire, *site, loopback,
                                  served >= site->limits()->requests_per_connection);
  }
  co_await wire->linger(site->limits()->linger_timeout);
}

// TLS begins with a handshake record (RFC 8446, 5.1), HTTP with the letters of a method.
constexpr char kTlsHandshake = 22;
constexpr bool is_letter(char c) { return c >= 'A' && c <= 'Z'; }

// False: the client does not speak TLS, and has been told so if it speaks HTTP.
asio::awaitable<bool> begin_tls(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site) {
  const auto limits = site->limits();
  const auto limit = limits->header_timeout;
  char first = 0;
  if (co_await wire->peek(first, limit)) co_return false;
  if (is_letter(first)) {
    Exchange exchange(wire, limits);
    exchange.close_after();
    Problem problem{.message = "This port speaks HTTPS: use https:// and not http://.",
                    .code = "https_required"};
    Response response = site->problem_response(problem, exchange.request().path);
    co_await exchange.send(std::move(response));
    co_await wire->linger(limits->linger_timeout);
  }
  if (first != kTlsHandshake) co_return false;
  auto context = site->certificates->context();
  const NetError error = co_await wire->handshake(std::move(context), limit);
  if (error) spdlog::debug("TLS handshake: {}", error.message());
  co_return !error;
}

asio::awaitable<void> serve(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site, Speech speech,
                            bool loopback) {
  if (speech == Speech::framed) {
    co_await site->serve_framed(std::move(wire));
    co_return;
  }
  if (speech == Speech::https) {  // gcc 12 goes wrong where co_await is a part of a condition
    const bool begun = co_await begin_tls(wire, site);
    if (!begun) co_return;
  }
  co_await serve_requests(std::move(wire), std::move(site), loopback);
}

}  // namespace

asio::awaitable<void> serve_connection(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site,
                                       Speech speech, bool loopback) {
  const ConnectionScope scope(wire, site);
  try {
    co_await serve(wire, site, speech, loopback);
  } catch (const boost::system::system_error&) {
    // The client is gone: nobody is left to tell.
  } catch (const std::exception& error) {
    spdlog::error("connection: {}", error.what());
  }
}

asio::awaitable<void> refuse_connection(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site) {
  const ConnectionScope scope(wire, site);
  site->metrics.connections_refused.fetch_add(1);
  const auto limits = site->limits();
  Exchange exchange(wire, limits);
  exchange.close_after();
  Problem problem{.status = 503,
                  .message = "There are too many connections: try again later, or reuse one.",
                  .type = "server_error",
                  .code = "too_many_connections",
                  .retry_after_seconds = 1};
  Response response = site->problem_response(problem, exchange.request().path);
  co_await exchange.send(std::move(response));
  co_await wire->linger(limits->linger_timeout);
}

}  // namespace pincer
