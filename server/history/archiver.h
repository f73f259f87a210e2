// Brings turns from this machine's disk to cold storage, behind everybody's back.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

#include "server/history/object_store.h"
#include "server/history/seal_keys.h"
#include "server/history/turn_store.h"

namespace pincer {

struct ArchiverOptions {
  std::string prefix;  // of objects' names
  // After a failure; doubled up to the longest, and drawn between half of that and all.
  std::chrono::milliseconds pause{1'000}, longest_pause{300'000};
};

// "<prefix>turns/<id>": what the turn's object is called.
std::string object_name(const std::string& prefix, std::string_view id);

// What is to be done stands in the turn store, so that a crash loses nothing of it: a turn is
// marked once its object is there, and one that was removed is forgotten once its object is gone.
// Works on a thread of its own until it is destroyed, which takes as long as one call of the object
// store; that one is stopped by its owner. Failures are logged, each kind once in a row.
class Archiver {
 public:
  // All outlive it.
  Archiver(ArchiverOptions options, TurnStore& turns, ObjectStore& objects, const SealKeys& keys);
  ~Archiver();
  Archiver(const Archiver&) = delete;
  Archiver& operator=(const Archiver&) = delete;

  void wake();  // there is something new to do; any thread
  // True once there is nothing to do, false at `until`.
  bool wait_idle(std::chrono::steady_clock::time_point until);

  std::int64_t archived() const { return archived_; }
  std::int64_t failures() const { return failures_; }

 private:
  void work();
  Result<bool> do_some();  // false: there was nothing
  Result<void> archive(const TurnStore::Waiting& waiting);
  void pause_after(const Error& error, std::unique_lock<std::mutex>& lock);

  const ArchiverOptions options_;
  TurnStore& turns_;
  ObjectStore& objects_;
  const SealKeys& keys_;
  std::atomic<std::int64_t> archived_ = 0, failures_ = 0;
  std::mutex mutex_;  // of what follows
  std::condition_variable changed_, settled_;
  bool stop_ = false, woken_ = true, idle_ = false;
  std::chrono::milliseconds pause_{0};
  std::string last_failure_;
  std::thread thread_;
};

}  // namespace pincer
