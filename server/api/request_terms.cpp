#include "server/api/request_terms.h"

#include <fmt/format.h>

#include <algorithm>

namespace pincer {
namespace {

using Moment = std::chrono::steady_clock::time_point;

Moment deadline(const Caller& caller, std::chrono::milliseconds after) {
  return after.count() > 0 ? caller.asked() + after : Moment::max();
}

Moment finish_by(const Limits& limits, const Caller& caller) {
  const auto patience = caller.patience().value_or(std::chrono::milliseconds(0));
  return std::min(deadline(caller, limits.request_timeout), deadline(caller, patience));
}

template <class Asked>
void set_all(Asked& asked, const Limits& limits, const Caller& caller) {
  asked.client = fmt::format("{}\n{}", caller.identity(), asked.client);
  asked.max_wait_s = std::chrono::duration<double>(limits.max_queue_wait).count();
  asked.start_by = deadline(caller, limits.queue_timeout);
  asked.finish_by = finish_by(limits, caller);
}

}  // namespace

std::optional<Problem> set_terms(ChatRequest& request, const Limits& limits, const Caller& caller) {
  if (caller.account() != nullptr) {
    if (auto problem = caller.account()->check_priority(request.priority)) return problem;
  }
  set_all(request, limits, caller);
  return std::nullopt;
}

void set_terms(EmbeddingInput& input, const Limits& limits, const Caller& caller) {
  if (caller.account() != nullptr)
    input.priority = std::min(0, caller.account()->key().max_priority);
  set_all(input, limits, caller);
}

Moment waits_until(const Limits& limits, const Caller& caller) {
  return std::min(deadline(caller, limits.queue_timeout), finish_by(limits, caller));
}

}  // namespace pincer
