#include "server/upstream/worker_process.h"

#include <spawn.h>
#include <spdlog/spdlog.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

extern char** environ;

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kPatience{5};  // from SIGTERM to SIGKILL

// Signals have their usual meaning in the program, whatever this process blocks.
pid_t spawn(const std::vector<std::string>& argv, int& error) {
  std::vector<char*> arguments;
  for (const std::string& argument : argv) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);  // a Ctrl-C at the terminal is for the server only
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = 0;
  error = posix_spawn(&pid, arguments[0], nullptr, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  return error == 0 ? pid : 0;
}

std::string reason(int status) {
  if (WIFSIGNALED(status)) return std::string("killed by ") + strsignal(WTERMSIG(status));
  return "exit code " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

WorkerProcess::WorkerProcess(std::string name, std::vector<std::string> argv,
                             std::chrono::milliseconds first_rest,
                             std::chrono::milliseconds longest_rest)
    : name_(std::move(name)),
      argv_(std::move(argv)),
      first_rest_(first_rest),
      longest_rest_(longest_rest),
      thread_([this] { supervise(); }) {}

WorkerProcess::~WorkerProcess() {
  end();
  thread_.join();
}

void WorkerProcess::end() {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
  if (pid_ == 0) return;
  ::kill(pid_, SIGTERM);
  changed_.wait_for(lock, kPatience, [this] { return gone_; });
  if (pid_ > 0) ::kill(pid_, SIGKILL);
}

bool WorkerProcess::rest(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, time, [this] { return stopping_; });
}

void WorkerProcess::supervise() {
  auto pause = first_rest_;
  for (;;) {
    const auto began = Clock::now();
    int error = 0;
    int status = 0;
    pid_t pid = 0;
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) break;
      pid = spawn(argv_, error);
      if (pid > 0) ++starts_;  // before the pid: who sees that may count
      pid_ = pid;
    }
    if (pid > 0) {
      // Its number is given up (reaped) only under the lock, so that end() meets no stranger of
      // that number.
      siginfo_t info;
      while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT) < 0 &&
             errno == EINTR) {
      }
      const std::lock_guard lock(mutex_);
      ::waitpid(pid, &status, 0);
      pid_ = 0;
      if (stopping_) break;
    }
    if (Clock::now() - began > longest_rest_) pause = first_rest_;
    spdlog::warn("worker {}: {}; it is started again in {} ms", name_,
                 error == 0 ? reason(status) : std::strerror(error), pause.count());
    if (!rest(pause)) break;
    pause = std::min(2 * pause, longest_rest_);
  }
  const std::lock_guard lock(mutex_);
  gone_ = true;
  changed_.notify_all();
}

}  // namespace pincer
