// The same work on several threads at once, timed. Private to kernels/limits.
#pragma once

#include <functional>

namespace pincer::kernels::detail {

// Runs work(thread) on threads 0 .. threads-1, all starting together, again and again for about 0.2
// s (three times at least); returns the seconds of the fastest run, from the common start to the
// last end. `prepare(thread)` runs before, once, on the same thread.
double fastest_run(int threads, const std::function<void(int)>& prepare,
                   const std::function<void(int)>& work);

}  // namespace pincer::kernels::detail
