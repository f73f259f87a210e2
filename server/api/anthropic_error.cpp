#include "server/api/anthropic_error.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <string_view>

#include "server/api/shown_text.h"

namespace pincer {
namespace json = boost::json;

namespace {

std::string_view error_type(unsigned status) {
  switch (status) {
    case 401:
      return "authentication_error";
    case 403:
      return "permission_error";
    case 404:
      return "not_found_error";
    case 413:
      return "request_too_large";
    case 429:
      return "rate_limit_error";
    case 503:
      return "overloaded_error";
    case 504:
      return "timeout_error";
    default:
      return status < 500 ? "invalid_request_error" : "api_error";
  }
}

}  // namespace

std::string anthropic_error_body(const Problem& problem) {
  const json::object error{{"type", error_type(problem.status)},
                           {"message", shown_text(problem.message)}};
  return json::serialize(json::object{{"type", "error"}, {"error", error}});
}

Response anthropic_error_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.body = anthropic_error_body(problem);
  if (problem.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", fmt::format("{}", problem.retry_after_seconds));
  }
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace pincer
