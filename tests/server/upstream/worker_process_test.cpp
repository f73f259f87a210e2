#include "server/upstream/worker_process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <functional>

namespace pincer {
namespace {

using namespace std::chrono_literals;

// A process of others cannot be awaited, so this looks until it is so, or two minutes have passed.
bool becomes_true(const std::function<bool()>& condition) {
  const auto end = std::chrono::steady_clock::now() + 120s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

TEST(WorkerProcessConcurrency, IsStartedAgainWhenItIsKilled) {
  WorkerProcess worker("test", {"/bin/sleep", "1000"}, 1ms, 10ms);
  pid_t before = 0;
  for (int i = 1; i <= 3; ++i) {
    ASSERT_TRUE(becomes_true([&] { return worker.pid() != 0 && worker.pid() != before; }));
    before = worker.pid();
    EXPECT_EQ(worker.starts(), i);
    ::kill(before, SIGKILL);
  }
}

TEST(WorkerProcessConcurrency, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    WorkerProcess worker("test", {"/bin/sleep", "1000"});
    ASSERT_TRUE(becomes_true([&] { return worker.pid() != 0; }));
    pid = worker.pid();
  }
  EXPECT_EQ(::kill(pid, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(WorkerProcessConcurrency, AProgramThatIsNotThereIsNoReasonToStop) {
  WorkerProcess worker("test", {"/no/such/program"}, 1ms, 2ms);
  EXPECT_EQ(worker.starts(), 0);
}

}  // namespace
}  // namespace pincer
