#include <utility>

#include "pincer/engine/generation.h"

namespace pincer {

std::string_view finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::stop:
      return "stop";
    case FinishReason::length:
      return "length";
    case FinishReason::cancelled:
      return "cancelled";
    case FinishReason::error:
      return "error";
    case FinishReason::timeout:
      return "timeout";
    case FinishReason::refused:
      return "refused";
  }
  return "unknown";
}

void TokenStream::push(GeneratedToken token) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    was_empty = news_.tokens.empty();
    news_.tokens.push_back(std::move(token));
  }
  announce(was_empty);
}

void TokenStream::finish(Finish finish) {
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (finished_) return;
    finished_ = true;
    was_empty = news_.tokens.empty();
    news_.finish = std::move(finish);
  }
  announce(was_empty);
}

// Outside the mutex: the doorbell may drain at once.
void TokenStream::announce(bool was_empty) {
  if (!was_empty) return;
  arrived_.notify_one();
  if (doorbell_) doorbell_();
}

TokenStream::News TokenStream::drain() {
  const std::lock_guard lock(mutex_);
  return std::exchange(news_, {});
}

TokenStream::News TokenStream::wait() {
  std::unique_lock lock(mutex_);
  arrived_.wait(lock, [this] { return !news_.tokens.empty() || finished_; });
  return std::exchange(news_, {});
}

}  // namespace pincer
