#include "server/service/thread_priority.h"

#include <sched.h>
#include <sys/resource.h>

#include <cerrno>

namespace pincer {
namespace {

// Of nice values: about three times the share of an ordinary thread.
constexpr int kStep = 5;

// A nice thread that wakes may still wait for the running one's time slice, some milliseconds; a
// real-time one does not. Linux keeps a part of each second from these, and threads and processes
// that they start are ordinary ones.
bool make_real_time() {
  const sched_param lowest{.sched_priority = ::sched_get_priority_min(SCHED_RR)};
  return ::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &lowest) == 0;
}

bool make_nicer() {
  // On Linux 0 is the calling thread, not the process.
  errno = 0;
  const int now = ::getpriority(PRIO_PROCESS, 0);
  return errno == 0 && ::setpriority(PRIO_PROCESS, 0, now - kStep) == 0;
}

}  // namespace

bool raise_thread_priority() { return make_real_time() || make_nicer(); }

}  // namespace pincer
