#include "server/api/find_model.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "server/api/openai_error.h"

namespace pincer {
namespace {

constexpr unsigned kCallerLeft = 499;  // as nginx has it

using Opened = Result<std::shared_ptr<Backend>>;

// Shared with the loading thread, which may answer when the request is long gone: what it brings
// then is dropped.
struct Opening {
  explicit Opening(std::shared_ptr<Doorbell> doorbell) : bell(std::move(doorbell)) {}

  void set(Opened opened) {
    {
      const std::lock_guard lock(mutex);
      if (abandoned) return;
      result = std::move(opened);
    }
    bell->ring();
  }
  std::optional<Opened> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(result, std::nullopt);
  }
  // A late answer, or one that nobody took.
  void abandon() {
    std::optional<Opened> unused;
    const std::lock_guard lock(mutex);
    abandoned = true;
    unused.swap(result);
  }

  std::shared_ptr<Doorbell> bell;
  std::mutex mutex;
  std::optional<Opened> result;
  bool abandoned = false;
};

asio::awaitable<FoundModel> open_model(ModelOpener& opener, const Caller& caller,
                                       std::shared_ptr<Doorbell> bell, std::string name) {
  const auto opening = std::make_shared<Opening>(std::move(bell));
  opener.open(name, [opening](Opened opened) { opening->set(std::move(opened)); });
  std::optional<Opened> opened = opening->take();
  while (!opened && !caller.left()) {
    co_await opening->bell->wait();
    opened = opening->take();
  }
  opening->abandon();
  if (caller.left()) co_return caller_left();
  if (!*opened) co_return load_problem(name, opened->error());
  co_return std::move(**opened);
}

Problem still_loading(const std::string& model) {
  return {.status = 503,
          .message = fmt::format("The model '{}' is still loading: try again soon.", model),
          .type = "server_error",
          .param = "model",
          .code = "model_loading",
          .retry_after_seconds = 2};
}

}  // namespace

asio::awaitable<FoundModel> find_model(const Api& api, const Caller& caller,
                                       std::shared_ptr<Doorbell> bell, std::string name) {
  if (caller.account() != nullptr) {
    if (auto problem = caller.account()->check_model(name)) co_return *std::move(problem);
  }
  std::optional<Models::Entry> entry = api.models->find(name);
  if (!entry) co_return model_not_found(name);
  if (entry->on_demand)
    co_return co_await open_model(*api.models->opener(), caller, std::move(bell), std::move(name));
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

Problem caller_left() {
  return {.status = kCallerLeft, .message = "The client left.", .code = "client_left"};
}

bool is_caller_left(const Problem& problem) { return problem.status == kCallerLeft; }

}  // namespace pincer
