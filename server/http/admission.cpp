#include "server/http/admission.h"

#include <fmt/format.h>

#include <boost/asio/error.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <utility>
#include <variant>

namespace pincer {
namespace {

namespace http = boost::beast::http;
using http::field;

std::optional<Problem> route_problem(const Request& request, const Router::Match& match) {
  if (match.pattern.empty()) {
    return Problem{.status = 404,
                   .message = fmt::format("Invalid URL ({} {})", request.method_name, request.path),
                   .code = "not_found"};
  }
  if (match.route == nullptr && request.method != http::verb::options) {
    return Problem{.status = 405,
                   .message = fmt::format("{} does not take {}: use one of {}.", request.path,
                                          request.method_name, match.allow),
                   .code = "method_not_allowed"};
  }
  return std::nullopt;
}

// What curl -d says of any body: Ollama's documents ask like that. A web page's form does so, too,
// but with its origin.
bool is_plain_curl(const Request& request) {
  return request.path.starts_with("/api/") && request.header(field::origin).empty() &&
         beast::iequals(request.header(field::content_type), "application/x-www-form-urlencoded");
}

std::optional<Problem> content_problem(const Request& request) {
  const auto unsupported = [](std::string message) {
    return Problem{.status = 415, .message = std::move(message), .code = "unsupported_media_type"};
  };
  const std::string_view type = request.header(field::content_type);
  if (!type.empty() && !is_json_content_type(type) && !is_plain_curl(request)) {
    return unsupported(fmt::format(
        "The content type '{}' is not supported: send 'Content-Type: application/json'.", type));
  }
  const std::string_view encoding = request.header(field::content_encoding);
  if (!encoding.empty() && !beast::iequals(encoding, "identity")) {
    return unsupported(fmt::format(
        "The content encoding '{}' is not supported: send the body as it is.", encoding));
  }
  return std::nullopt;
}

std::optional<Problem> expect_problem(const Request& request) {
  const std::string_view expected = request.header(field::expect);
  if (expected.empty() || beast::iequals(expected, "100-continue")) return std::nullopt;
  return Problem{.status = 417,
                 .message = fmt::format("The expectation '{}' cannot be met.", expected)};
}

std::optional<Problem> key_problem(const Site& site, const Request& request,
                                   const Router::Match& match, bool local,
                                   std::shared_ptr<const Account>& account) {
  auto found = site.keys.find(shown_key(request));
  if (auto* problem = std::get_if<Problem>(&found)) return std::move(*problem);
  account = std::get<std::shared_ptr<const Account>>(std::move(found));
  const bool administers = match.route != nullptr && match.route->scope == Scope::admin;
  if (!account && administers && !local) {
    return Problem{.status = 403,
                   .message =
                       "Without API keys only clients on this machine may administer the "
                       "server: start it with --api-key-file.",
                   .type = "permission_error",
                   .code = "forbidden"};
  }
  if (!account || match.route == nullptr) return std::nullopt;
  return account->check_scope(match.route->scope);
}

}  // namespace

Problem draining_problem() {
  return {.status = 503,
          .message = "The server is shutting down: try again once it is back.",
          .type = "server_error",
          .code = "draining",
          .retry_after_seconds = 5};
}

// Framing that two parsers could read differently is refused (request smuggling, RFC 9112, 11.2).
// That both lengths are given, or different ones, the parser has refused already.
std::optional<Problem> framing_problem(const Request& request) {
  const std::string_view coding = request.header(field::transfer_encoding);
  if (request.headers.count(field::content_length) > 1) {
    return Problem{.message = "The request has several Content-Length headers."};
  }
  if (request.headers.count(field::transfer_encoding) > 0 && !beast::iequals(coding, "chunked")) {
    return Problem{
        .status = 501,
        .message = fmt::format("The transfer encoding '{}' is not supported: send chunked or a "
                               "Content-Length.",
                               coding)};
  }
  if (request.http_1_0 && !coding.empty()) {
    return Problem{.message = "HTTP/1.0 has no Transfer-Encoding: send a Content-Length."};
  }
  const std::size_t hosts = request.headers.count(field::host);
  if (hosts > 1 || (hosts == 0 && !request.http_1_0)) {
    return Problem{.message = "The request must have exactly one Host header."};
  }
  return std::nullopt;
}

std::optional<Problem> admission_problem(const Site& site, const Request& request,
                                         const Router::Match& match, bool loopback,
                                         std::shared_ptr<const Account>& account) {
  if (loopback) {
    if (auto problem = site.access()->check_host(request)) return problem;
  }
  if (auto problem = site.access()->check_origin(request, loopback)) return problem;
  if (site.draining && !(match.route && match.route->when_draining)) return draining_problem();
  // A preflight cannot show a key, and learns nothing but the methods of an allowed page.
  const bool preflight = !site.access()->preflight_headers(request, match.allow).empty() &&
                         request.method == http::verb::options;
  if (!preflight && !(match.route && match.route->open)) {
    if (auto problem = key_problem(site, request, match, loopback, account)) return problem;
  }
  if (auto problem = route_problem(request, match)) return problem;
  if (request.method == http::verb::post) {
    if (auto problem = content_problem(request)) return problem;
  }
  return expect_problem(request);
}

std::optional<Problem> input_problem(const NetError& error, const Limits& limits) {
  if (error == asio::error::timed_out) {
    return Problem{
        .status = 408, .message = "The request did not arrive in time.", .code = "timeout"};
  }
  if (error == http::error::header_limit) {
    return Problem{.status = 431,
                   .message = fmt::format("The request's headers exceed the limit of {} bytes.",
                                          limits.header_bytes),
                   .code = "headers_too_large"};
  }
  if (error == http::error::body_limit) {
    return Problem{.status = 413,
                   .message = fmt::format("The request's body exceeds the limit of {} bytes.",
                                          limits.body_bytes),
                   .code = "request_too_large"};
  }
  if (error == http::error::bad_version) {
    return Problem{.status = 505, .message = "Only HTTP/1.1 and HTTP/1.0 are spoken here."};
  }
  const bool malformed =
      error.category() == http::make_error_code(http::error::bad_method).category();
  if (!malformed || error == http::error::partial_message || error == http::error::end_of_stream)
    return std::nullopt;
  return Problem{.message = fmt::format("The request is not valid HTTP: {}.", error.message())};
}

}  // namespace pincer
