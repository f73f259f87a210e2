#include "server/service/thread_priority.h"

#include <sys/resource.h>

#include <cerrno>

namespace pincer {
namespace {

// Of nice values: about three times the share of an ordinary thread, and woken at once.
constexpr int kStep = 5;

}  // namespace

bool raise_thread_priority() {
  // On Linux 0 is the calling thread, not the process.
  errno = 0;
  const int now = ::getpriority(PRIO_PROCESS, 0);
  return errno == 0 && ::setpriority(PRIO_PROCESS, 0, now - kStep) == 0;
}

}  // namespace pincer
