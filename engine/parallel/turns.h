// Several engines in one process, each of which uses all cores for a step: they take turns, so that
// no two arenas are at work at once. In order of arrival, so none starves.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace pincer {

class Turns {
 public:
  void take() {
    std::unique_lock lock(mutex_);
    const std::uint64_t mine = next_++;
    changed_.wait(lock, [&] { return serving_ == mine; });
  }
  void give() {
    {
      const std::lock_guard lock(mutex_);
      ++serving_;
    }
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t next_ = 0, serving_ = 0;
};

// Takes a turn for its lifetime; null: nobody to take turns with.
class Turn {
 public:
  explicit Turn(Turns* turns) : turns_(turns) {
    if (turns_ != nullptr) turns_->take();
  }
  ~Turn() {
    if (turns_ != nullptr) turns_->give();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Turns* turns_;
};

}  // namespace pincer
