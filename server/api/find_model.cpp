#include "server/api/find_model.h"

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <utility>
#include <vector>

#include "server/api/openai_error.h"
#include "server/api/request_terms.h"
#include "server/backend/open_model.h"
#include "server/route/hybrid_router.h"

namespace pincer {
namespace {

constexpr unsigned kCallerLeft = 499;  // as nginx has it

Problem still_loading(const std::string& model) {
  return {.status = 503,
          .message = fmt::format("The model '{}' is still loading: try again soon.", model),
          .type = "server_error",
          .param = "model",
          .code = "model_loading",
          .retry_after_seconds = 2};
}

// Of what a route cannot do.
Problem route_without_model(const std::string& route) {
  return {.message = fmt::format("'{}' is a route to other servers: for this, name a model of this "
                                 "server.",
                                 route),
          .param = "model",
          .code = "model_not_supported"};
}

Problem loads_too_long(const std::string& model) {
  return {.status = 504,
          .message = fmt::format("The time is over before the model '{}' was loaded.", model),
          .type = "timeout_error",
          .code = "deadline_exceeded"};
}

asio::awaitable<FoundModel> load(const Api& api, const Caller& caller,
                                 std::shared_ptr<Doorbell> bell, std::string name) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point until = waits_until(*api.site.limits(), caller);
  asio::steady_timer alarm(caller.executor(), until);
  alarm.async_wait([bell](NetError cancelled) {
    if (!cancelled) bell->ring();
  });
  OpenedModel opened = co_await open_model(*api.models->opener(), name, std::move(bell),
                                           [&] { return caller.left() || Clock::now() >= until; });
  if (const auto* error = std::get_if<Error>(&opened)) co_return load_problem(name, *error);
  if (auto* backend = std::get_if<std::shared_ptr<Backend>>(&opened)) co_return std::move(*backend);
  co_return caller.left() ? caller_left() : loads_too_long(name);
}

}  // namespace

asio::awaitable<FoundModel> find_model(const Api& api, const Caller& caller,
                                       std::shared_ptr<Doorbell> bell, std::string name) {
  if (caller.account() != nullptr) {
    if (auto problem = caller.account()->check_model(name)) co_return *std::move(problem);
  }
  const std::shared_ptr<HybridRouter> router = api.router.get();
  if (const RouteConfig* route = router ? router->find(name) : nullptr) {
    auto local = router->engine_model(*route);
    if (!local) co_return route_without_model(name);
    name = *std::move(local);
  }
  std::optional<Models::Entry> entry = api.models->find(name);
  if (!entry) co_return model_not_found(name);
  if (entry->on_demand) {
    // Not to be held while it is waited for: it may have to leave before it can come back.
    entry->backend.reset();
    co_return co_await load(api, caller, std::move(bell), std::move(name));
  }
  if (!entry->backend) co_return still_loading(name);
  co_return std::move(entry->backend);
}

asio::awaitable<FoundModel> find_model(const Api& api, Caller& caller, std::string name) {
  const auto bell = std::make_shared<Doorbell>(caller.executor());
  caller.watch([bell] { bell->ring(); });
  FoundModel found = co_await find_model(api, caller, bell, std::move(name));
  co_await caller.unwatch();
  bell->disconnect();
  co_return found;
}

std::optional<Problem> complete_model_name(const Models& models, std::string& name) {
  if (!name.empty()) return std::nullopt;
  std::vector<Models::Entry> all = models.list();
  std::erase_if(all, [](const Models::Entry& entry) { return entry.route; });
  if (all.size() != 1) {
    return Problem{.message = "Invalid value for 'model': it must name the model.",
                   .param = "model",
                   .code = "invalid_value"};
  }
  name = std::move(all.front().name);
  return std::nullopt;
}

Problem caller_left() {
  return {.status = kCallerLeft, .message = "The client left.", .code = "client_left"};
}

bool is_caller_left(const Problem& problem) { return problem.status == kCallerLeft; }

}  // namespace pincer
