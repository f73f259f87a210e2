#include "engine/parallel/arena.h"

#include <sched.h>
#include <tbb/global_control.h>
#include <tbb/parallel_for.h>
#include <tbb/partitioner.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "pincer/engine/engine.h"

namespace pincer {

int default_threads() {
  if (const char* text = std::getenv("PINCER_THREADS")) {
    char* end = nullptr;
    const long n = std::strtol(text, &end, 10);
    if (end != text && *end == '\0' && n >= 1 && n <= 1024) return static_cast<int>(n);
  }
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) return std::max(1, CPU_COUNT(&set));
  return std::max(1u, std::thread::hardware_concurrency());
}

struct Arena::Impl {
  explicit Impl(int threads)
      : control(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads)),
        arena(threads) {}
  tbb::global_control control;
  tbb::task_arena arena;
};

Arena::Arena(int threads)
    : threads_(std::max(1, threads)), impl_(std::make_unique<Impl>(threads_)) {}
Arena::~Arena() = default;

void Arena::enter(void (*call)(const void*), const void* body) {
  impl_->arena.execute([&] { call(body); });
}

void Arena::run(std::int64_t count, std::int64_t grain, Call call, const void* body) {
  if (count <= 0) return;
  if (threads_ == 1 || count <= grain) {
    call(body, 0, count, std::max(0, tbb::this_task_arena::current_thread_index()));
    return;
  }
  const auto job = [&] {
    tbb::parallel_for(
        tbb::blocked_range<std::int64_t>(0, count, static_cast<std::size_t>(grain)),
        [&](const tbb::blocked_range<std::int64_t>& range) {
          call(body, range.begin(), range.end(), tbb::this_task_arena::current_thread_index());
        },
        tbb::static_partitioner());
  };
  impl_->arena.execute(job);
}

}  // namespace pincer
