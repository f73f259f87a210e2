#include "server/api/openai_error.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "server/api/shown_text.h"

namespace pincer {
namespace json = boost::json;

namespace {

json::value text_or_null(const std::optional<std::string>& text) {
  return text ? json::value(shown_text(*text)) : json::value(nullptr);
}

}  // namespace

std::string openai_error_body(const Problem& problem) {
  const json::object body{{"error",
                           {{"message", shown_text(problem.message)},
                            {"type", problem.type},
                            {"param", text_or_null(problem.param)},
                            {"code", text_or_null(problem.code)}}}};
  return json::serialize(body);
}

Response openai_error_response(const Problem& problem) {
  Response response;
  response.status = problem.status;
  response.body = openai_error_body(problem);
  if (problem.retry_after_seconds > 0) {
    response.headers.emplace_back("Retry-After", fmt::format("{}", problem.retry_after_seconds));
  }
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Problem backend_problem(const Error& error) {
  switch (error.code) {
    case ErrorCode::unsupported:
      return {.message = error.message, .code = "unsupported_parameter"};
    case ErrorCode::invalid_argument:
      return {.message = error.message, .code = "invalid_value"};
    case ErrorCode::limit:
      return {.message = error.message, .code = "context_length_exceeded"};
    case ErrorCode::busy:
      return {.status = 429,
              .message = error.message,
              .type = "rate_limit_error",
              .code = "rate_limit_exceeded",
              .retry_after_seconds = 1};
    default:
      return {.status = 500, .message = error.message, .type = "server_error"};
  }
}

Problem model_not_found(const std::string& model) {
  return {.status = 404,
          .message = fmt::format(
              "The model '{}' does not exist here: GET /v1/models lists those that do.", model),
          .param = "model",
          .code = "model_not_found"};
}

Problem load_problem(const std::string& model, const Error& error) {
  if (error.code == ErrorCode::busy) return backend_problem(error);
  const std::string message =
      fmt::format("The model '{}' was not loaded: {}", model, error.message);
  if (error.code == ErrorCode::limit || error.code == ErrorCode::no_space) {
    return {.status = 503,
            .message = message,
            .type = "server_error",
            .param = "model",
            .code = "model_does_not_fit"};
  }
  if (error.code == ErrorCode::cancelled) {
    return {.status = 503,
            .message = message,
            .type = "server_error",
            .code = "draining",
            .retry_after_seconds = 5};
  }
  return {.status = 500,
          .message = message,
          .type = "server_error",
          .param = "model",
          .code = "model_load_failed"};
}

}  // namespace pincer
