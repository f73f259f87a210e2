#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <functional>
#include <variant>

#include "server/api/openai_error.h"
#include "server/http/sse.h"
#include "server/trace/chrome_trace.h"
#include "server/trace/trace_access.h"
#include "server/trace/trace_api.h"
#include "server/trace/trace_json.h"

namespace pincer {
namespace {

constexpr std::int64_t kMostSteps = 4096;      // in one answer of numbers
constexpr std::int64_t kMostDownloaded = 500;  // some 300 slices each
constexpr std::int64_t kStretchNs = 250'000'000;
constexpr std::chrono::seconds kEvery{1};  // events of /admin/live

// A request for a trace, checked.
struct Wanted {
  std::string model;
  std::shared_ptr<Backend> backend;  // keeps the trace
  StepTrace* recorded = nullptr;     // never null once parsed
  std::int64_t from = 0, steps = 0, number = -1;
  StepKind kind = StepKind::all;
  StepTrace& trace() const { return *recorded; }
};
using Parsed = std::variant<Wanted, Problem>;

Problem bad_value(std::string_view name, std::string_view value, std::string_view wanted) {
  return {.message = fmt::format("'{}' is '{}', but must be {}.", name, value, wanted),
          .param = std::string(name),
          .code = "invalid_value"};
}

// Leaves `value` as it is where the query does not name it.
std::optional<Problem> read_number(const Request& request, std::string_view name,
                                   std::int64_t least, std::int64_t most, std::int64_t& value) {
  const auto text = query_value(request.query, name);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const char* end = text->data() + text->size();
  const auto read = std::from_chars(text->data(), end, number);
  if (read.ec != std::errc() || read.ptr != end || number < least || number > most)
    return bad_value(name, *text, fmt::format("a number from {} to {}", least, most));
  value = number;
  return std::nullopt;
}

std::optional<Problem> read_kind(const Request& request, StepKind& kind) {
  const auto text = query_value(request.query, "kind");
  if (!text || *text == "all") return std::nullopt;
  if (*text != "decode" && *text != "prompt")
    return bad_value("kind", *text, "one of all, decode and prompt");
  kind = *text == "decode" ? StepKind::decode : StepKind::prompt;
  return std::nullopt;
}

// The model named, or the first that has a trace.
std::optional<Problem> find_model(const Models& models, const Request& request, Wanted& wanted) {
  const auto name = query_value(request.query, "model");
  for (Models::Entry& entry : models.list()) {
    const bool meant = name ? entry.name == *name : entry.backend && entry.backend->trace();
    if (!meant) continue;
    StepTrace* trace = entry.backend ? entry.backend->trace() : nullptr;
    if (trace == nullptr) {
      return Problem{.status = 404,
                     .message = fmt::format("The model '{}' is not loaded.", entry.name),
                     .param = "model",
                     .code = "model_not_loaded"};
    }
    wanted.model = std::move(entry.name);
    wanted.backend = std::move(entry.backend);
    wanted.recorded = trace;
    return std::nullopt;
  }
  if (name) return model_not_found(*name);
  return Problem{.status = 404, .message = "No model is loaded.", .code = "model_not_loaded"};
}

Parsed parse(const Models& models, const Request& request, std::int64_t steps) {
  Wanted wanted;
  wanted.steps = steps;
  constexpr std::int64_t kAny = std::int64_t{1} << 53;  // what JSON numbers of all clients hold
  auto problem = read_number(request, "from", 0, kAny, wanted.from);
  if (!problem) problem = read_number(request, "steps", 1, kMostSteps, wanted.steps);
  if (!problem) problem = read_number(request, "number", 0, kAny, wanted.number);
  if (!problem) problem = read_kind(request, wanted.kind);
  if (!problem) problem = find_model(models, request, wanted);
  if (problem) return *std::move(problem);
  wanted.trace().watch(TraceApi::kWatch);
  return wanted;
}

std::vector<StepRecord> records(const Wanted& wanted) {
  return wanted.trace().read(wanted.from, static_cast<std::size_t>(wanted.steps));
}

bool idle(const Models& models) {
  for (const Models::Entry& entry : models.list()) {
    if (entry.backend && entry.backend->stats().in_flight > 0) return false;
  }
  return true;
}

Response answer_heat(TraceApi&, const Wanted& wanted) {
  Response response;
  const std::int64_t now =
      wanted.trace().now_ns();  // before: what ends meanwhile is left for later
  response.body =
      heat_json(wanted.trace(), wanted.model, records(wanted), wanted.kind, kStretchNs, now);
  return response;
}

Response answer_steps(TraceApi&, const Wanted& wanted) {
  Response response;
  response.body = steps_json(wanted.trace(), wanted.model, records(wanted));
  return response;
}

Response answer_step(TraceApi&, const Wanted& wanted) {
  const bool newest = wanted.number < 0;
  const std::int64_t number = newest ? wanted.trace().end() - 1 : wanted.number;
  const std::int64_t behind = wanted.trace().end() - number;
  std::vector<StepRecord> found;
  if (number >= 0 && behind > 0 && behind <= kMostSteps)
    found = wanted.trace().read(number, static_cast<std::size_t>(behind));
  Response response;
  if (found.empty() || found.front().number != number) {
    return openai_error_response(
        {.status = 404,
         .message = newest ? std::string("No step was recorded yet: ask the model something.")
                           : fmt::format("Step {} is not recorded any more, or not yet; the next "
                                         "one is {}.",
                                         number, wanted.trace().end()),
         .param = "number",
         .code = "step_not_found"});
  }
  response.body = step_json(wanted.model, found.front());
  return response;
}

Response answer_kernels(TraceApi& trace, const Wanted& wanted) {
  const auto limits = trace.limits.get(wanted.trace().shape(), idle(*trace.api.models));
  Response response;
  response.body = kernels_json(wanted.trace(), wanted.model, records(wanted), limits);
  return response;
}

Response answer_chrome(TraceApi&, const Wanted& wanted) {
  Response response;
  response.body = chrome_trace(wanted.model, records(wanted));
  response.headers.emplace_back("Content-Disposition",
                                "attachment; filename=\"pincer-trace.json\"");
  return response;
}

using Answer = Response (*)(TraceApi&, const Wanted&);

asio::awaitable<Response> make_answer(TraceApi& trace, Answer answer, Wanted wanted) {
  co_return answer(trace, wanted);
}

asio::awaitable<std::string> make_state(LiveState& live) { co_return live.json(); }

asio::awaitable<void> answer_trace(TraceApi& trace, Answer answer, std::int64_t default_steps,
                                   std::int64_t most_steps, Exchange& exchange) {
  Response response;
  if (const auto problem = trace_problem(exchange, trace.everybody)) {
    response = openai_error_response(*problem);
  } else {
    Parsed parsed = parse(*trace.api.models, exchange.request(), default_steps);
    if (auto* wanted = std::get_if<Wanted>(&parsed)) {
      wanted->steps = std::min(wanted->steps, most_steps);
      auto task = make_answer(trace, answer, std::move(*wanted));
      response = co_await asio::co_spawn(trace.api.workers.get_executor(), std::move(task),
                                         asio::use_awaitable);
    } else {
      response = openai_error_response(std::get<Problem>(parsed));
    }
  }
  response.headers.emplace_back("Cache-Control", "no-store");
  co_await exchange.send(std::move(response));
}

asio::awaitable<std::string> state(TraceApi& trace) {
  auto task = make_state(trace.live);
  co_return co_await asio::co_spawn(trace.api.workers.get_executor(), std::move(task),
                                    asio::use_awaitable);
}

asio::awaitable<void> send_state(TraceApi& trace, Exchange& exchange) {
  Response response;
  if (const auto problem = trace_problem(exchange, trace.everybody)) {
    response = openai_error_response(*problem);
  } else {
    response.body = co_await state(trace);
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  co_await exchange.send(std::move(response));
}

// Ends with the server's draining, for which it would be one more request in progress.
asio::awaitable<void> stream_state(TraceApi& trace, Exchange& exchange) {
  if (const auto problem = trace_problem(exchange, trace.everybody)) {
    Response response = openai_error_response(*problem);
    co_await exchange.send(std::move(response));
    co_return;
  }
  asio::steady_timer timer(exchange.wire()->executor());
  bool alive = true;
  while (alive && !trace.api.site.draining) {
    std::string event;
    append_sse_event(event, co_await state(trace));
    alive = co_await exchange.send_events(std::move(event));
    if (!alive) co_return;
    timer.expires_after(kEvery);
    NetError error;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  std::string last;
  append_sse_event(last, "[DONE]");
  co_await exchange.end_events(std::move(last));
}

}  // namespace

void add_trace_routes(Router& router, TraceApi& trace) {
  const auto add = [&](std::string pattern, Answer answer, std::int64_t steps, std::int64_t most) {
    router.add({.pattern = std::move(pattern),
                .scope = Scope::admin,
                .handler = std::bind_front(answer_trace, std::ref(trace), answer, steps, most)});
  };
  add("/admin/trace/heat", answer_heat, kMostSteps, kMostSteps);
  add("/admin/trace/steps", answer_steps, 512, kMostSteps);
  add("/admin/trace/step", answer_step, 1, kMostSteps);
  add("/admin/trace/kernels", answer_kernels, 256, kMostSteps);
  add("/admin/trace/chrome", answer_chrome, 200, kMostDownloaded);
  router.add({.pattern = "/admin/state",
              .scope = Scope::admin,
              .handler = std::bind_front(send_state, std::ref(trace))});
  router.add({.pattern = "/admin/live",
              .scope = Scope::admin,
              .handler = std::bind_front(stream_state, std::ref(trace))});
}

}  // namespace pincer
