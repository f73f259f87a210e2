#include "server/service/thread_priority.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <thread>

namespace pincer {
namespace {

struct Priority {
  int policy = 0;
  int nice = 0;
  bool operator==(const Priority&) const = default;
};

Priority of_this_thread() {
  return {::sched_getscheduler(0) & ~SCHED_RESET_ON_FORK, ::getpriority(PRIO_PROCESS, 0)};
}

TEST(ThreadPriority, IsRaisedForTheCallingThreadAlone) {
  const Priority ordinary = of_this_thread();
  Priority raised, of_its_child;
  bool allowed = false;
  std::thread([&] {
    allowed = raise_thread_priority();
    raised = of_this_thread();
    std::thread([&] { of_its_child = of_this_thread(); }).join();
  }).join();
  EXPECT_EQ(of_this_thread(), ordinary);
  if (!allowed) GTEST_SKIP() << "this user may not raise priorities";
  EXPECT_NE(raised, ordinary);
  if (raised.policy == SCHED_RR) {
    EXPECT_EQ(of_its_child.policy, ordinary.policy);
  } else {
    EXPECT_LT(raised.nice, ordinary.nice);
  }
}

}  // namespace
}  // namespace pincer
