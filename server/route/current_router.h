// The router that new requests get; a configuration that is read again replaces it.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace pincer {

class HybridRouter;

// Thread-safe. Requests keep the one that they began with.
class CurrentRouter {
 public:
  // Null: no routes, every model answers for itself.
  std::shared_ptr<HybridRouter> get() const {
    const std::lock_guard lock(mutex_);
    return router_;
  }
  // The one before is gone when this returns, but for the requests that it has.
  void set(std::shared_ptr<HybridRouter> router) {
    const std::lock_guard lock(mutex_);
    router_.swap(router);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<HybridRouter> router_;
};

}  // namespace pincer
