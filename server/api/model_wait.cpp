#include "server/api/model_wait.h"

#include <mutex>
#include <utility>

#include "server/http/client_watch.h"
#include "server/http/doorbell.h"

namespace pincer {
namespace {

using Opened = Result<std::shared_ptr<Backend>>;

// Shared with the loading thread, which may answer when the request is long gone: what it brings
// then is dropped.
struct Answer {
  explicit Answer(const asio::any_io_executor& executor) : bell(executor) {}

  void set(Opened opened) {
    {
      const std::lock_guard lock(mutex);
      if (abandoned) return;
      result = std::move(opened);
    }
    bell.ring();
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

  Doorbell bell;
  std::mutex mutex;
  std::optional<Opened> result;
  bool abandoned = false;
};

}  // namespace

asio::awaitable<std::optional<Opened>> wait_for_model(ModelOpener& opener, Exchange& exchange,
                                                      std::string name) {
  const auto answer = std::make_shared<Answer>(exchange.wire()->executor());
  opener.open(name, [answer](Opened opened) { answer->set(std::move(opened)); });
  std::optional<Opened> opened = answer->take();
  if (!opened) {
    const Limits& limits = exchange.limits();
    const auto watch = ClientWatch::start(exchange.wire(), limits.header_bytes + limits.body_bytes,
                                          [answer] { answer->bell.ring(); });
    while (!opened && !watch->left()) {
      co_await answer->bell.wait();
      opened = answer->take();
    }
    co_await watch->stop();
    answer->abandon();
    if (watch->left()) opened.reset();
  }
  answer->bell.disconnect();
  co_return opened;
}

}  // namespace pincer
