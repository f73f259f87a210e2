#include "engine/models/manager_core.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/limits/memory_room.h"
#include "engine/parallel/turns.h"
#include "pincer/engine/model.h"

namespace pincer {
namespace {

constexpr double kTellAfter = 1;  // seconds from one use that a file is told to the next

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

ModelManagerOptions with_defaults(ModelManagerOptions options) {
  if (!options.clock) options.clock = steady_seconds;
  if (!options.policy) options.policy = std::make_shared<DecayedUse>(options.half_life);
  return options;
}

}  // namespace

ModelManager::Core::Core(ModelManagerOptions options, Loader loader)
    : options_(with_defaults(std::move(options))),
      loader_(std::move(loader)),
      policy_(options_.policy) {}

void ModelManager::Core::start() {
  thread_ = std::thread([this] { run(); });
}

void ModelManager::Core::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
  std::map<std::string, Entry> models;
  std::map<std::string, std::vector<Done>> waiting;
  {
    const std::lock_guard lock(mutex_);
    models.swap(models_);
    waiting.swap(waiting_);
    queue_.clear();
  }
  for (auto& [name, waiters] : waiting) {
    for (Done& done : waiters) {
      done(Error{ErrorCode::cancelled, fmt::format("{} was not loaded: the end came first", name)});
    }
  }
}

// A model whose file was lost answers nothing but errors: it is loaded again.
bool ModelManager::Core::usable(const Entry& entry) {
  const auto& model = entry.model->loaded.model;
  return !entry.leaving && (!model || model->lost_file().empty());
}

ModelManager::Lease ModelManager::Core::lease(const std::string& name, Entry& entry) {
  ++entry.leases;
  auto model = entry.model;
  return {model.get(), [core = shared_from_this(), name, model](RunningModel*) mutable {
            const RunningModel* const which = model.get();
            model.reset();  // before it counts as released
            core->released(name, which);
          }};
}

void ModelManager::Core::released(const std::string& name, const RunningModel* model) {
  {
    const std::lock_guard lock(mutex_);
    const auto found = models_.find(name);
    if (found != models_.end() && found->second.model.get() == model) --found->second.leases;
  }
  changed_.notify_all();
}

void ModelManager::Core::acquire(const std::string& name, Done done) {
  Lock lock(mutex_);
  const double now = options_.clock();
  policy_->used(name, now);
  last_use_[name] = now;
  const auto found = models_.find(name);
  if (found != models_.end() && usable(found->second)) {
    ++stats_.hits;
    Entry& entry = found->second;
    Lease held = lease(name, entry);
    const bool tell = entry.cool || now - entry.told >= kTellAfter;
    if (tell) {
      // By the manager's thread: what asks a disk may wait for it.
      entry.used = used_ = true;
      entry.told = now;
    }
    lock.unlock();
    if (tell) changed_.notify_all();
    return done(std::move(held));
  }
  if (stopping_ || waiting_count_ >= options_.max_waiting) {
    lock.unlock();
    return done(Error{
        ErrorCode::busy,
        fmt::format("{} requests wait for models already; try again later", options_.max_waiting)});
  }
  ++stats_.misses;
  ++waiting_count_;
  waiting_[name].push_back(std::move(done));
  if (std::ranges::find(queue_, name) == queue_.end()) queue_.push_back(name);
  lock.unlock();
  changed_.notify_all();
}

ModelManager::Lease ModelManager::Core::peek(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = models_.find(name);
  // One that has to go is not held up by those who look at it.
  return found == models_.end() || !usable(found->second) ? nullptr : lease(name, found->second);
}

std::vector<ManagedModel> ModelManager::Core::list() const {
  const std::lock_guard lock(mutex_);
  const double now = options_.clock();
  const auto idle = [&](const std::string& name) {
    const auto found = last_use_.find(name);
    return found == last_use_.end() ? 0.0 : now - found->second;
  };
  std::vector<ManagedModel> out;
  for (const auto& [name, entry] : models_)
    out.push_back({name, false, entry.leaving, entry.leases, entry.bytes, idle(name)});
  for (const std::string& name : queue_) {
    if (!models_.contains(name)) out.push_back({name, true, false, 0, 0, idle(name)});
  }
  return out;
}

ModelManagerStats ModelManager::Core::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

std::int64_t default_pool_budget() { return memory_room().bytes / 10 * 6; }

std::shared_ptr<Turns> make_turns() { return std::make_shared<Turns>(); }

ModelManager::ModelManager(ModelManagerOptions options, Loader loader)
    : core_(std::make_shared<Core>(std::move(options), std::move(loader))) {
  core_->start();
}

ModelManager::~ModelManager() { core_->stop(); }

void ModelManager::acquire(const std::string& name, Done done) {
  core_->acquire(name, std::move(done));
}

Result<ModelManager::Lease> ModelManager::acquire(const std::string& name) {
  std::mutex mutex;
  std::condition_variable arrived;
  std::optional<Result<Lease>> result;
  core_->acquire(name, [&](Result<Lease> lease) {
    const std::lock_guard lock(mutex);
    result = std::move(lease);
    arrived.notify_one();
  });
  std::unique_lock lock(mutex);
  arrived.wait(lock, [&] { return result.has_value(); });
  return *std::move(result);
}

ModelManager::Lease ModelManager::peek(const std::string& name) { return core_->peek(name); }
std::vector<ManagedModel> ModelManager::list() const { return core_->list(); }
ModelManagerStats ModelManager::stats() const { return core_->stats(); }
std::int64_t ModelManager::budget() const { return core_->budget(); }

}  // namespace pincer
