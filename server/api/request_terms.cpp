#include "server/api/request_terms.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;

void set_deadlines(ChatRequest& request, const Limits& limits, const Caller& caller) {
  const auto deadline = [asked = caller.asked()](std::chrono::milliseconds after) {
    return after.count() > 0 ? asked + after : Clock::time_point::max();
  };
  request.max_wait_s = std::chrono::duration<double>(limits.max_queue_wait).count();
  request.start_by = deadline(limits.queue_timeout);
  request.finish_by = std::min(deadline(limits.request_timeout),
                               deadline(caller.patience().value_or(std::chrono::milliseconds(0))));
}

}  // namespace

std::optional<Problem> set_terms(ChatRequest& request, const Limits& limits, const Caller& caller) {
  if (caller.account() != nullptr) {
    if (auto problem = caller.account()->check_priority(request.priority)) return problem;
  }
  request.client = fmt::format("{}\n{}", caller.identity(), request.client);
  set_deadlines(request, limits, caller);
  return std::nullopt;
}

}  // namespace pincer
