// An opener that loads its model when the test says so.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "pincer/server/model_opener.h"

namespace pincer::test {

class FakeOpener final : public ModelOpener {
 public:
  explicit FakeOpener(std::string name) : name_(std::move(name)) {}

  std::vector<std::string> names() const override { return {name_}; }
  void open(const std::string&, Done done) override {
    {
      const std::lock_guard lock(mutex_);
      if (!answer_) {
        waiting_.push_back(std::move(done));
        changed_.notify_all();
        return;
      }
    }
    done(*answer_);
  }
  std::shared_ptr<Backend> peek(const std::string&) override {
    const std::lock_guard lock(mutex_);
    return answer_ && *answer_ ? answer_->value() : nullptr;
  }
  ModelManagerStats stats() const override { return {}; }
  std::int64_t budget() const override { return 12345; }

  // Until so many requests wait.
  void wait_asked(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(120),
                           [&] { return waiting_.size() >= count; }))
      throw std::runtime_error("nobody asked for the model");
  }
  // To those who wait and all later ones.
  void deliver(const Result<std::shared_ptr<Backend>>& answer) {
    std::vector<Done> waiting;
    {
      const std::lock_guard lock(mutex_);
      answer_ = answer;
      waiting.swap(waiting_);
    }
    for (Done& done : waiting) done(answer);
  }
  void forget() {
    const std::lock_guard lock(mutex_);
    answer_.reset();
  }

 private:
  std::string name_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Done> waiting_;
  std::optional<Result<std::shared_ptr<Backend>>> answer_;
};

}  // namespace pincer::test
