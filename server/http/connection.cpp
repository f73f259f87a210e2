#include "server/http/connection.h"

#include <spdlog/spdlog.h>

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <exception>
#include <utility>

#include "server/http/admission.h"
#include "server/http/random_id.h"

namespace pincer {
namespace {

namespace http = beast::http;
using Parser = http::request_parser<http::string_body>;

std::string_view as_std(beast::string_view text) { return {text.data(), text.size()}; }

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
    spdlog::debug("{} {} {} {:.3f}s", exchange_.request().method_name, exchange_.request().path,
                  status, taken.count());
    site_.metrics.active_requests.fetch_sub(1);
    site_.on_request_end();
  }
  RequestScope(const RequestScope&) = delete;
  RequestScope& operator=(const RequestScope&) = delete;

  void set_pattern(std::string_view pattern) { pattern_ = pattern; }

 private:
  Site& site_;
  const Exchange& exchange_;
  std::string_view pattern_ = "other";
};

class ConnectionScope {
 public:
  ConnectionScope(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site)
      : wire_(std::move(wire)), site_(std::move(site)) {
    site_->metrics.connections.fetch_add(1);
  }
  ~ConnectionScope() {
    wire_->close();
    site_->connections.remove(wire_);
    site_->refused.remove(wire_);
    site_->metrics.connections.fetch_sub(1);
  }
  ConnectionScope(const ConnectionScope&) = delete;
  ConnectionScope& operator=(const ConnectionScope&) = delete;

 private:
  std::shared_ptr<Wire> wire_;
  std::shared_ptr<Site> site_;
};

std::optional<Problem> read_head(Request& request, const Parser& parser) {
  const auto& head = parser.get();
  request.method = head.method();
  request.method_name = as_std(head.method_string());
  request.headers = static_cast<const http::fields&>(head);
  request.http_1_0 = head.version() < 11;
  auto target = parse_target(as_std(head.target()));
  if (!target)
    return Problem{.message =
                       "The request target is malformed: it must be a path that begins with '/'."};
  request.path = std::move(target->path);
  request.query = std::move(target->query);
  request.authority = std::move(target->authority);
  return framing_problem(request);
}

Response problem_response(const Site& site, const Problem& problem, const std::string& allow) {
  Response response = site.problem_response(problem);
  if (problem.status == 405) response.headers.emplace_back("Allow", allow);
  return response;
}

Response options_response(const std::string& allow) {
  Response response;
  response.status = 204;
  response.content_type.clear();
  response.headers.emplace_back("Allow", allow);
  return response;
}

asio::awaitable<std::optional<Problem>> read_body(Wire& wire, Parser& parser, Request& request,
                                                  const Limits& limits) {
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
  Response response = site.problem_response(problem);
  co_await exchange.send(std::move(response));
}

// Answers the request whose head `parser` has read, or failed to with `error`.
asio::awaitable<void> answer(Site& site, Parser& parser, NetError error, Exchange& exchange,
                             RequestScope& scope, bool check_host) {
  auto problem = error ? input_problem(error, site.limits) : read_head(exchange.request(), parser);
  bool close = problem || !parser.keep_alive() || exchange.request().http_1_0;
  Router::Match match;
  if (!problem) {
    match = site.router.match(exchange.request().method, exchange.request().path);
    if (!match.pattern.empty()) scope.set_pattern(match.pattern);
    problem = admission_problem(site, exchange.request(), match, check_host);
  }
  // An unread body cannot be told from a next request, so the connection ends with the refusal.
  close = close || site.draining || (problem && !parser.is_done());
  if (close) exchange.close_after();
  if (!problem) {
    problem = co_await read_body(*exchange.wire(), parser, exchange.request(), site.limits);
    if (problem) exchange.close_after();
  }
  if (problem || match.route == nullptr) {
    Response response =
        problem ? problem_response(site, *problem, match.allow) : options_response(match.allow);
    co_await exchange.send(std::move(response));
    co_return;
  }
  co_await run_handler(site, *match.route, exchange);
}

// True if the connection can carry another request.
asio::awaitable<bool> serve_request(std::shared_ptr<Wire> wire, Site& site, bool check_host,
                                    bool last) {
  Parser parser;
  parser.header_limit(site.limits.header_bytes);
  parser.body_limit(site.limits.body_bytes);
  const NetError error =
      co_await wire->parse(parser, Wire::Part::header, site.limits.header_timeout);
  if (error && !input_problem(error, site.limits)) co_return false;

  Exchange exchange(wire, site.limits);
  exchange.request().received = std::chrono::steady_clock::now();
  exchange.request().id = random_id("req_");
  if (last) exchange.close_after();
  RequestScope scope(site, exchange);
  co_await answer(site, parser, error, exchange, scope, check_host);
  co_return exchange.keep_alive();
}

}  // namespace

asio::awaitable<void> serve_connection(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site,
                                       bool check_host) {
  const ConnectionScope scope(wire, site);
  const Limits& limits = site->limits;
  try {
    bool more = true;
    for (int served = 1; more; ++served) {
      if (wire->input().size() == 0) {
        const NetError error =
            co_await wire->read_more(served == 1 ? limits.header_timeout : limits.idle_timeout);
        if (error) co_return;
      }
      more =
          co_await serve_request(wire, *site, check_host, served >= limits.requests_per_connection);
    }
    co_await wire->linger(limits.linger_timeout);
  } catch (const boost::system::system_error&) {
    // The client is gone: nobody is left to tell.
  } catch (const std::exception& error) {
    spdlog::error("connection: {}", error.what());
  }
}

asio::awaitable<void> refuse_connection(std::shared_ptr<Wire> wire, std::shared_ptr<Site> site) {
  const ConnectionScope scope(wire, site);
  site->metrics.connections_refused.fetch_add(1);
  Exchange exchange(wire, site->limits);
  exchange.close_after();
  Problem problem{.status = 503,
                  .message = "There are too many connections: try again later, or reuse one.",
                  .type = "server_error",
                  .code = "too_many_connections",
                  .retry_after_seconds = 1};
  Response response = site->problem_response(problem);
  co_await exchange.send(std::move(response));
  co_await wire->linger(site->limits.linger_timeout);
}

}  // namespace pincer
