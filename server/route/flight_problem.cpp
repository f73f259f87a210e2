#include "server/route/flight_problem.h"

#include <fmt/format.h>

#include <algorithm>

namespace pincer {
namespace {

int retry_after(const UpstreamFailure& failure) {
  return static_cast<int>((failure.retry_after.count() + 999) / 1000);
}

}  // namespace

Problem flight_problem(const std::optional<UpstreamFailure>& failure, const std::string& route,
                       int attempts) {
  if (!failure) {
    return {.status = 503,
            .message = fmt::format("No upstream of '{}' may answer this request now.", route),
            .type = "server_error",
            .code = "no_upstream",
            .retry_after_seconds = 5};
  }
  Problem problem;
  problem.code = std::string(name(failure->kind));
  problem.message = failure->message;
  switch (failure->kind) {
    case FailureClass::refused:
    case FailureClass::content_policy:
    case FailureClass::context_overflow:
      problem.status = failure->status >= 400 && failure->status < 500
                           ? static_cast<unsigned>(failure->status)
                           : 400;
      return problem;
    case FailureClass::rate:
    case FailureClass::busy:
      problem.status = 429;
      problem.type = "rate_limit_error";
      problem.retry_after_seconds = std::max(1, retry_after(*failure));
      break;
    case FailureClass::timeout_first:
    case FailureClass::timeout_idle:
      problem.status = 504;
      problem.type = "timeout_error";
      break;
    default:
      // Among these are refused keys and unpaid bills: the operator's affair, not the client's.
      problem.status = 503;
      problem.type = "server_error";
      problem.retry_after_seconds = std::max(5, retry_after(*failure));
  }
  problem.message = fmt::format("No upstream of '{}' could answer ({} tried); the last one: {}",
                                route, attempts, failure->message);
  return problem;
}

}  // namespace pincer
