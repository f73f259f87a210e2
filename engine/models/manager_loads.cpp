// The manager's thread: loads what is asked for, after making room for it.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/limits/memory_room.h"
#include "engine/models/manager_core.h"
#include "pincer/engine/model.h"
#include "pincer/engine/pool_usage.h"
#include "pincer/engine/weight_pool.h"

namespace pincer {

void ModelManager::Core::run() {
  Lock lock(mutex_);
  while (true) {
    const auto due = [this] { return stopping_ || used_ || !queue_.empty(); };
    // Idle models are looked at now and then; the wait is no promise of anything.
    if (!changed_.wait_for(lock, std::chrono::duration<double>(options_.cool_after / 4), due))
      cool_idle(lock);
    if (stopping_) return;
    if (used_) {
      tell_uses(lock);
      cool_idle(lock);  // the wait may never be over while one model is in use
    }
    if (queue_.empty()) continue;
    const std::string name = queue_.front();
    load(lock, name);
  }
}

void ModelManager::Core::load(Lock& lock, const std::string& name) {
  // It may be there after all, if the load that it was to make room for has failed.
  const auto found = models_.find(name);
  if (found != models_.end() && usable(found->second)) return deliver(lock, name, nullptr);
  wait_gone(lock, name);
  if (stopping_) return;
  std::int64_t admitted = 0;
  const bool alone = models_.empty();
  lock.unlock();
  const auto start = std::chrono::steady_clock::now();
  std::chrono::steady_clock::duration waited{};
  auto model = loader_(name, alone, [&](std::int64_t bytes) -> Result<void> {
    const auto asked = std::chrono::steady_clock::now();
    Lock inner(mutex_);
    auto room = make_room(inner, bytes);
    if (room) admitted = bytes;
    waited = std::chrono::steady_clock::now() - asked;
    return room;
  });
  const auto took = std::chrono::steady_clock::now() - start - waited;
  std::shared_ptr<RunningModel> loaded;
  if (model) loaded = std::move(*model);
  lock.lock();
  for (auto& [other, entry] : models_) entry.leaving = false;
  if (!loaded) {
    ++stats_.failed_loads;
    stats_.charged -= admitted;
    return deliver(lock, name, &model.error());
  }
  ++stats_.loads;
  stats_.load_seconds += std::chrono::duration<double>(took).count();
  models_[name] = {.model = std::move(loaded), .bytes = admitted};
  deliver(lock, name, nullptr);
}

// Every waiter gets a lease of its own, or the error. No lease ends under the lock.
void ModelManager::Core::deliver(Lock& lock, const std::string& name, const Error* error) {
  std::erase(queue_, name);
  auto node = waiting_.extract(name);
  if (node.empty()) return;
  waiting_count_ -= static_cast<int>(node.mapped().size());
  std::vector<std::pair<Done, Result<Lease>>> answers;
  for (Done& done : node.mapped()) {
    answers.emplace_back(std::move(done), error != nullptr
                                              ? Result<Lease>(*error)
                                              : Result<Lease>(lease(name, models_[name])));
  }
  lock.unlock();
  for (auto& [done, answer] : answers) done(std::move(answer));
  answers.clear();
  lock.lock();
}

Result<void> ModelManager::Core::make_room(Lock& lock, std::int64_t bytes) {
  if (bytes > options_.budget) {
    return Error{ErrorCode::limit,
                 fmt::format("its weights take {}, but the budget of all models together is {}; "
                             "raise --pool-budget, or use a smaller model or format",
                             human_bytes(bytes), human_bytes(options_.budget))};
  }
  while (!stopping_) {
    const std::int64_t missing = stats_.charged + bytes - options_.budget;
    if (missing <= 0) {
      stats_.charged += bytes;
      stats_.most_charged = std::max(stats_.most_charged, stats_.charged);
      return {};
    }
    std::vector<Resident> residents;
    for (const auto& [name, entry] : models_)
      residents.push_back({name, entry.bytes, entry.leases > 0});
    bool evicted = false;
    for (const std::size_t i : choose_victims(residents, missing, *policy_, options_.clock()))
      evicted = evict(lock, residents[i].name) || evicted;
    if (!evicted) changed_.wait(lock);
  }
  return Error{ErrorCode::cancelled, "the end came before there was room"};
}

bool ModelManager::Core::evict(Lock& lock, const std::string& name) {
  const auto found = models_.find(name);
  if (found == models_.end()) return true;
  if (found->second.leases > 0) {
    found->second.leaving = true;
    return false;
  }
  Entry entry = std::move(found->second);
  models_.erase(found);
  lock.unlock();
  // Its pages stay in the file cache, as the first to go.
  if (entry.model->loaded.model) entry.model->loaded.model->cool();
  entry.model.reset();
  lock.lock();
  stats_.charged -= entry.bytes;
  ++stats_.evictions;
  return true;
}

// The model is there but of no use: its file was lost, or it had to leave.
void ModelManager::Core::wait_gone(Lock& lock, const std::string& name) {
  while (!stopping_ && models_.contains(name)) {
    if (!evict(lock, name)) changed_.wait(lock);
  }
}

void ModelManager::Core::cool_idle(Lock& lock) {
  const double now = options_.clock();
  std::vector<std::shared_ptr<RunningModel>> idle;
  for (auto& [name, entry] : models_) {
    if (entry.leases > 0 || entry.cool || now - last_use_[name] < options_.cool_after) continue;
    entry.cool = true;
    idle.push_back(entry.model);
  }
  lock.unlock();
  for (const auto& model : idle) {
    if (model->loaded.model) model->loaded.model->cool();
  }
  idle.clear();
  lock.lock();
}

void ModelManager::Core::tell_uses(Lock& lock) {
  used_ = false;
  std::vector<std::pair<std::shared_ptr<RunningModel>, bool>> used;
  for (auto& [name, entry] : models_) {
    if (std::exchange(entry.used, false))
      used.emplace_back(entry.model, std::exchange(entry.cool, false));
  }
  lock.unlock();
  for (const auto& [running, was_cool] : used) {
    const auto& model = running->loaded.model;
    if (!model) continue;
    if (was_cool) model->will_need();
    if (model->pool()) note_use(model->pool()->path());
  }
  used.clear();
  lock.lock();
}

}  // namespace pincer
