#include "server/backend/open_model.h"

#include <mutex>
#include <optional>
#include <utility>

namespace pincer {
namespace {

using Opened = Result<std::shared_ptr<Backend>>;

// Shared with the loading thread, which may answer when the request is long gone: what it brings
// then is dropped.
struct Opening {
  explicit Opening(std::shared_ptr<Doorbell> doorbell) : bell(std::move(doorbell)) {}

  void set(Opened opened) {
    std::shared_ptr<Doorbell> waits;
    {
      const std::lock_guard lock(mutex);
      if (abandoned) return;
      result = std::move(opened);
      waits = bell;
    }
    waits->ring();
  }
  std::optional<Opened> take() {
    const std::lock_guard lock(mutex);
    return std::exchange(result, std::nullopt);
  }
  // A late answer, or one that nobody took, is dropped; and the bell, which must not be there any
  // more when its I/O context goes, though the model may be loading still.
  void abandon() {
    std::optional<Opened> unused;
    std::shared_ptr<Doorbell> silent;
    const std::lock_guard lock(mutex);
    abandoned = true;
    unused.swap(result);
    silent.swap(bell);
  }

  std::shared_ptr<Doorbell> bell;
  std::mutex mutex;
  std::optional<Opened> result;
  bool abandoned = false;
};

}  // namespace

asio::awaitable<OpenedModel> open_model(ModelOpener& opener, std::string name,
                                        std::shared_ptr<Doorbell> bell,
                                        std::function<bool()> left) {
  const auto opening = std::make_shared<Opening>(bell);
  opener.open(name, [opening](Opened opened) { opening->set(std::move(opened)); });
  std::optional<Opened> opened = opening->take();
  while (!opened && !left()) {
    co_await bell->wait();
    opened = opening->take();
  }
  opening->abandon();
  if (left()) co_return std::monostate();
  if (!*opened) co_return opened->error();
  co_return std::move(**opened);
}

}  // namespace pincer
