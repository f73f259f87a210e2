// Objects in memory, behind a network that the test breaks.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "server/history/object_store.h"

namespace pincer::test {

// What outlives the store that a server holds: the bucket.
struct FakeBucket {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::string> objects;
  std::optional<Error> failure;  // of every call
  std::string refused;           // the name of an object that is never taken
  bool stuck = false;            // calls wait until it is false, or they are stopped
  int calls = 0;

  template <class Change>
  void change(Change what) {
    const std::lock_guard lock(mutex);
    what(*this);
    changed.notify_all();
  }
  void wait_calls(int count) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return calls >= count; });
  }
  std::string object(const std::string& name) {
    const std::lock_guard lock(mutex);
    return objects.contains(name) ? objects[name] : "none";
  }
};

class FakeObjectStore final : public ObjectStore {
 public:
  explicit FakeObjectStore(FakeBucket& bucket) : bucket_(bucket) {}

  Result<void> put(const std::string& name, std::string bytes) override {
    std::unique_lock lock(bucket_.mutex);
    if (auto begun = begin(lock); !begun) return begun;
    if (name == bucket_.refused) return Error{ErrorCode::network, "not this one"};
    bucket_.objects[name] = std::move(bytes);
    return {};
  }
  Result<std::string> get(const std::string& name) override {
    std::unique_lock lock(bucket_.mutex);
    if (auto begun = begin(lock); !begun) return begun.error();
    const auto found = bucket_.objects.find(name);
    if (found == bucket_.objects.end()) return Error{ErrorCode::not_found, "no object " + name};
    return found->second;
  }
  Result<void> remove(const std::string& name) override {
    std::unique_lock lock(bucket_.mutex);
    if (auto begun = begin(lock); !begun) return begun;
    bucket_.objects.erase(name);
    return {};
  }
  void stop() override {
    const std::lock_guard lock(bucket_.mutex);
    stopped_ = true;
    bucket_.changed.notify_all();
  }

 private:
  Result<void> begin(std::unique_lock<std::mutex>& lock) {
    ++bucket_.calls;
    bucket_.changed.notify_all();
    bucket_.changed.wait(lock, [this] { return stopped_ || !bucket_.stuck; });
    if (stopped_) return Error{ErrorCode::cancelled, "stopped"};
    if (bucket_.failure) return *bucket_.failure;
    return {};
  }

  FakeBucket& bucket_;
  bool stopped_ = false;
};

}  // namespace pincer::test
