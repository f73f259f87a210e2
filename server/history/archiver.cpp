#include "server/history/archiver.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include "server/history/sealed.h"

namespace pincer {
namespace {

constexpr int kBatch = 32;

// So that servers which failed together do not come back together.
std::chrono::milliseconds drawn(std::chrono::milliseconds longest) {
  thread_local std::minstd_rand random{std::random_device{}()};
  std::uniform_int_distribution<std::int64_t> distribution(longest.count() / 2, longest.count());
  return std::chrono::milliseconds(distribution(random));
}

}  // namespace

std::string object_name(const std::string& prefix, std::string_view id) {
  return fmt::format("{}turns/{}", prefix, id);
}

Archiver::Archiver(ArchiverOptions options, TurnStore& turns, ObjectStore& objects,
                   const SealKeys& keys)
    : options_(std::move(options)),
      turns_(turns),
      objects_(objects),
      keys_(keys),
      pause_(options_.pause),
      thread_([this] { work(); }) {}

Archiver::~Archiver() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Archiver::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    idle_ = false;
  }
  changed_.notify_all();
}

bool Archiver::wait_idle(std::chrono::steady_clock::time_point until) {
  std::unique_lock lock(mutex_);
  return settled_.wait_until(lock, until, [this] { return idle_; });
}

void Archiver::work() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    woken_ = false;
    lock.unlock();
    const Result<bool> done = do_some();
    lock.lock();
    if (!done) {
      pause_after(done.error(), lock);
      continue;
    }
    if (!last_failure_.empty()) spdlog::info("conversations go to cold storage again");
    last_failure_.clear();
    pause_ = options_.pause;
    if (*done || woken_) continue;
    idle_ = true;
    settled_.notify_all();
    changed_.wait(lock, [this] { return stop_ || woken_; });
  }
}

// A wake-up does not shorten it: that there is more to do makes cold storage no better.
void Archiver::pause_after(const Error& error, std::unique_lock<std::mutex>& lock) {
  if (error.code != ErrorCode::cancelled) ++failures_;
  if (error.code != ErrorCode::cancelled && error.message != last_failure_ && !stop_) {
    spdlog::warn("conversations wait on this machine for cold storage ({} now): {}",
                 turns_.waiting(), error.message);
  }
  last_failure_ = error.message;
  changed_.wait_for(lock, drawn(pause_), [this] { return stop_; });
  pause_ = std::min(pause_ * 2, options_.longest_pause);
}

Result<bool> Archiver::do_some() {
  const auto waiting = turns_.unarchived(kBatch);
  if (!waiting) return waiting.error();
  std::optional<Error> refused;
  for (const TurnStore::Waiting& each : *waiting) {
    auto done = archive(each);
    // One that is not taken holds up nobody; the second says something of cold storage.
    if (!done && refused) return done.error();
    if (!done) refused = done.error();
  }
  // After the turns: one of these may have been on its way when it was removed.
  const auto removals = turns_.removals(kBatch);
  if (!removals) return removals.error();
  for (const std::string& id : *removals) {
    if (auto done = objects_.remove(object_name(options_.prefix, id)); !done) return done.error();
    if (auto done = turns_.set_removal_done(id); !done) return done.error();
  }
  if (refused) return *std::move(refused);
  return !waiting->empty() || !removals->empty();
}

Result<void> Archiver::archive(const TurnStore::Waiting& waiting) {
  const auto turn = turns_.peek(waiting.id);
  if (!turn) return turn.error();
  if (!*turn) return {};  // removed meanwhile
  const std::string name = object_name(options_.prefix, waiting.id);
  if (auto put = objects_.put(name, seal(keys_, name, turn_text(**turn))); !put) return put;
  if (auto marked = turns_.set_archived(waiting); !marked) return marked;
  ++archived_;
  return {};
}

}  // namespace pincer
