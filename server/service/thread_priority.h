// Who runs first when there are more threads that want to than cores.
#pragma once

namespace pincer {

// The calling thread comes before the process's others, as far as the system allows: for those that
// only pass things on and never compute for long. Needs CAP_SYS_NICE or a limit (RLIMIT_NICE); else
// nothing changes. False then.
bool raise_thread_priority();

}  // namespace pincer
