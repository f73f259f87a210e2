#include "server/upstream/failure.h"

namespace pincer {

std::string_view name(FailureClass failure) {
  switch (failure) {
    case FailureClass::connect:
      return "connect";
    case FailureClass::timeout_first:
      return "timeout_first_token";
    case FailureClass::timeout_idle:
      return "timeout_idle";
    case FailureClass::reset:
      return "reset";
    case FailureClass::garbled:
      return "garbled";
    case FailureClass::rate:
      return "rate_limit";
    case FailureClass::billing:
      return "billing";
    case FailureClass::auth:
      return "auth";
    case FailureClass::server:
      return "server_error";
    case FailureClass::context_overflow:
      return "context_overflow";
    case FailureClass::refused:
      return "refused";
    case FailureClass::content_policy:
      return "content_policy";
    case FailureClass::busy:
      return "busy";
    case FailureClass::cancelled:
      return "cancelled";
  }
  return "unknown";
}

bool counts_against_upstream(FailureClass failure) {
  switch (failure) {
    case FailureClass::context_overflow:
    case FailureClass::refused:
    case FailureClass::content_policy:
    case FailureClass::busy:
    case FailureClass::cancelled:
      return false;
    default:
      return true;
  }
}

bool may_fail_over(FailureClass failure) {
  switch (failure) {
    case FailureClass::refused:
    case FailureClass::content_policy:
    case FailureClass::cancelled:
      return false;
    default:
      return true;
  }
}

}  // namespace pincer
