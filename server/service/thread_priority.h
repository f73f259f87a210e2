// Who runs first when there are more threads that want to than cores.
#pragma once

namespace pincer {

// The calling thread comes before the process's others, as far as the system allows: for those that
// only pass things on and never compute for long. By the real-time policy SCHED_RR (CAP_SYS_NICE or
// RLIMIT_RTPRIO), else by a lower nice value (CAP_SYS_NICE or RLIMIT_NICE), else not: false.
bool raise_thread_priority();

}  // namespace pincer
