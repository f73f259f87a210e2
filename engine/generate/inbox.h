// The way into the engine thread. Engine::submit bounds what is in flight.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/generate/sequence.h"
#include "engine/kv/kv_store.h"

namespace pincer {

class Inbox {
 public:
  bool put(std::unique_ptr<Sequence> sequence);  // false when closed
  // What arrived. Waits for it, or for a call, when `wait`; returns at once after stop().
  std::vector<std::unique_ptr<Sequence>> take(bool wait);
  // Something to do with the KV cache, on the engine's thread between two steps.
  using Call = std::function<void(KvStore&)>;
  bool ask(Call call);  // false when stopped: it won't be called
  std::vector<Call> take_calls();
  void close();  // puts fail from now on
  void stop();   // takes return; implies close
  bool closed() const;
  bool stopped() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::unique_ptr<Sequence>> items_;
  std::vector<Call> calls_;
  bool closed_ = false, stopped_ = false;
};

}  // namespace pincer
