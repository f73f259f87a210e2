// Ctrl-C and SIGTERM while something must be put in order first.
#pragma once

#include <atomic>
#include <csignal>

namespace pincer {

// As long as it lives, the signals set a flag and do not end the program. One at a time.
class CatchInterrupt {
 public:
  CatchInterrupt() {
    flag() = false;
    struct sigaction action{};
    action.sa_handler = [](int) { flag() = true; };
    ::sigaction(SIGINT, &action, &old_);
    ::sigaction(SIGTERM, &action, &old_term_);
  }
  CatchInterrupt(const CatchInterrupt&) = delete;
  CatchInterrupt& operator=(const CatchInterrupt&) = delete;
  ~CatchInterrupt() {
    ::sigaction(SIGINT, &old_, nullptr);
    ::sigaction(SIGTERM, &old_term_, nullptr);
  }
  const std::atomic<bool>& interrupted() const { return flag(); }

 private:
  static std::atomic<bool>& flag() {
    static constinit std::atomic<bool> interrupted = false;
    return interrupted;
  }
  struct sigaction old_{}, old_term_{};
};

}  // namespace pincer
