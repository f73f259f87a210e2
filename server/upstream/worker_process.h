// A program that is started again when it ends: the engine in a process of its own, so that what
// kills it does not kill the server.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

// Thread-safe.
class WorkerProcess {
 public:
  // argv[0] is a path. Starts it at once; each end is logged with its reason, and followed by a new
  // start after a rest that doubles up to `longest_rest` while it does not live longer than that.
  WorkerProcess(std::string name, std::vector<std::string> argv,
                std::chrono::milliseconds first_rest = std::chrono::milliseconds(100),
                std::chrono::milliseconds longest_rest = std::chrono::seconds(5));
  ~WorkerProcess();  // asks it to end, and kills it after five seconds

  pid_t pid() const { return pid_; }  // 0: it does not run
  int starts() const { return starts_; }

 private:
  void supervise();
  bool rest(std::chrono::milliseconds time);  // false: it is to stop
  void end();

  std::string name_;
  std::vector<std::string> argv_;
  std::chrono::milliseconds first_rest_, longest_rest_;
  std::atomic<pid_t> pid_ = 0;
  std::atomic<int> starts_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false, gone_ = false;
  std::thread thread_;
};

}  // namespace pincer
