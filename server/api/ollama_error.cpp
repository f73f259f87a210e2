#include "server/api/ollama_error.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "server/api/shown_text.h"

namespace pincer {
namespace json = boost::json;

std::string ollama_error_body(const Problem& problem) {
  return json::serialize(json::object{{"error", shown_text(problem.message)}});
}

Response ollama_error_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.body = ollama_error_body(problem);
  if (problem.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", fmt::format("{}", problem.retry_after_seconds));
  }
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

}  // namespace pincer
