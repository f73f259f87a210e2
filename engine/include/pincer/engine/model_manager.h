// Several models in one process under one budget: loaded when they are asked for, evicted when
// others need their memory.
//
// What is counted. A model is charged the bytes of its pool file and of its embedding table in the
// source file: what its read-only mappings can have resident at most. It is charged before it is
// mapped and until it is unmapped, so the resident pages of all models (Rss in /proc/self/smaps)
// stay within the budget. Pages that a model no longer maps may stay in the file cache, where the
// system takes them when it needs memory; they are not counted. KV caches and working memory have
// bounds of their own (EngineOptions).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/engine.h"
#include "pincer/engine/loaded_model.h"
#include "pincer/engine/result.h"

namespace pincer {

class EvictionPolicy;
class Turns;

// 60 % of the memory that this process may take.
std::int64_t default_pool_budget();
// For EngineOptions::turns of all engines of a process.
std::shared_ptr<Turns> make_turns();

// A model and its engine, and what a loader adds to them. Destroying it cancels what runs.
struct RunningModel {
  virtual ~RunningModel() = default;
  LoadedModel loaded;
  std::unique_ptr<Engine> engine;  // last: joined before what it uses goes
};

struct ModelManagerOptions {
  std::int64_t budget = 0;  // bytes; see above
  double half_life = 600;   // seconds after which a request counts half
  double cool_after = 60;   // seconds without a request after which a model's pages are marked as
                            // the first that the system may take
  int max_waiting = 256;    // requests that wait for models at once; beyond it: busy
  std::function<double()> clock;           // seconds; empty: the steady clock
  std::shared_ptr<EvictionPolicy> policy;  // null: DecayedUse with half_life (models/eviction.h)
};

struct ModelManagerStats {
  std::int64_t hits = 0;    // requests that found their model
  std::int64_t misses = 0;  // requests that had to wait for it
  std::int64_t loads = 0, failed_loads = 0, evictions = 0;
  double load_seconds = 0;        // of all loads
  std::int64_t charged = 0;       // bytes now
  std::int64_t most_charged = 0;  // bytes ever
};

struct ManagedModel {
  std::string name;
  bool loading = false;    // else it is there
  bool leaving = false;    // takes no more requests until it was evicted
  int leases = 0;          // requests that use it now
  std::int64_t bytes = 0;  // charged
  double idle = 0;         // seconds since the last request
};

// Thread-safe. Loads happen on a thread of its own, one at a time.
class ModelManager {
 public:
  // In use, and so not evicted, as long as it is held. May outlive the manager.
  using Lease = std::shared_ptr<RunningModel>;
  using Done = std::function<void(Result<Lease>)>;
  // Waits until `bytes` are free and charges them. Errors: limit (more than the budget), cancelled.
  using Admit = std::function<Result<void>(std::int64_t bytes)>;
  // Loads a model: calls `admit` once, before it maps or packs weights (LoadOptions::admit).
  // `alone`: no other model is there, so that it may use all cores.
  using Loader = std::function<Result<std::unique_ptr<RunningModel>>(
      const std::string& name, bool alone, const Admit& admit)>;

  ModelManager(ModelManagerOptions options, Loader loader);
  // Requests that wait are answered with `cancelled`; a load in progress is waited for.
  ~ModelManager();
  ModelManager(const ModelManager&) = delete;
  ModelManager& operator=(const ModelManager&) = delete;

  // `done` is called once: now, if the model is there, else on the manager's thread; it must not
  // block. While a model is being made room for, requests for one that has to go wait as well, so
  // that it does go. Errors: busy (too many wait), whatever the loader says, cancelled.
  void acquire(const std::string& name, Done done);
  // The same, waiting.
  Result<Lease> acquire(const std::string& name);

  // The model if it is there, else null. Not counted as a request.
  Lease peek(const std::string& name);

  std::vector<ManagedModel> list() const;  // those there or being loaded
  ModelManagerStats stats() const;
  std::int64_t budget() const;

 private:
  class Core;
  std::shared_ptr<Core> core_;
};

}  // namespace pincer
