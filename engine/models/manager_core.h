// The manager's state and its thread; leases keep it alive after the manager is gone.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

#include "engine/models/eviction.h"
#include "pincer/engine/model_manager.h"

namespace pincer {

class ModelManager::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(ModelManagerOptions options, Loader loader);
  void start();
  void stop();  // joins the thread

  void acquire(const std::string& name, Done done);
  Lease peek(const std::string& name);
  std::vector<ManagedModel> list() const;
  ModelManagerStats stats() const;
  std::int64_t budget() const { return options_.budget; }

 private:
  struct Entry {
    std::shared_ptr<RunningModel> model;
    std::int64_t bytes = 0;
    int leases = 0;
    bool leaving = false;  // no new leases; evicted when the last one ends
    bool cool = false;     // its pages were marked as not needed soon
    bool used = false;     // which its pages and its file are to be told
    double told = 0;       // seconds, when they last were
  };
  using Lock = std::unique_lock<std::mutex>;

  void run();
  void load(Lock& lock, const std::string& name);
  void deliver(Lock& lock, const std::string& name, const Error* error);
  // Each may let go of the lock while it waits or unmaps.
  Result<void> make_room(Lock& lock, std::int64_t bytes);
  bool evict(Lock& lock, const std::string& name);  // false: somebody uses it, so it is leaving
  void wait_gone(Lock& lock, const std::string& name);
  void cool_idle(Lock& lock);
  void tell_uses(Lock& lock);

  Lease lease(const std::string& name, Entry& entry);  // locked
  void released(const std::string& name, const RunningModel* model);
  static bool usable(const Entry& entry);

  const ModelManagerOptions options_;
  const Loader loader_;
  const std::shared_ptr<EvictionPolicy> policy_;
  std::thread thread_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;  // a request, a use to tell, an ended lease, the end
  bool stopping_ = false;
  bool used_ = false;  // a model was
  std::map<std::string, Entry> models_;
  std::deque<std::string> queue_;  // to be loaded; the first may be under way
  std::map<std::string, std::vector<Done>> waiting_;
  int waiting_count_ = 0;
  std::map<std::string, double> last_use_;
  ModelManagerStats stats_;
};

}  // namespace pincer
