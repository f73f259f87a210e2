#include "engine/generate/inbox.h"

#include <utility>

namespace pincer {

bool Inbox::put(std::unique_ptr<Sequence> sequence) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    items_.push_back(std::move(sequence));
  }
  arrived_.notify_one();
  return true;
}

std::vector<std::unique_ptr<Sequence>> Inbox::take(bool wait) {
  std::unique_lock lock(mutex_);
  if (wait) arrived_.wait(lock, [this] { return stopped_ || !items_.empty() || !calls_.empty(); });
  return std::exchange(items_, {});
}

bool Inbox::ask(Call call) {
  {
    const std::lock_guard lock(mutex_);
    if (stopped_) return false;
    calls_.push_back(std::move(call));
  }
  arrived_.notify_one();
  return true;
}

std::vector<Inbox::Call> Inbox::take_calls() {
  const std::lock_guard lock(mutex_);
  return std::exchange(calls_, {});
}

void Inbox::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void Inbox::stop() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = stopped_ = true;
  }
  arrived_.notify_one();
}

bool Inbox::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

bool Inbox::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

}  // namespace pincer
