#include "engine/parallel/arena.h"

#include <sched.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <algorithm>
#include <cstdlib>
#include <thread>

#include "engine/parallel/team.h"
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
  Team team;
  bool together = false;  // in enter()
};

Arena::Arena(int threads)
    : threads_(std::max(1, threads)),
      // One thread needs no arena; and its limit would bind every other arena of the process.
      impl_(threads_ > 1 ? std::make_unique<Impl>(threads_) : nullptr) {}
Arena::~Arena() = default;

void Arena::enter(void (*call)(const void*), const void* body) {
  if (!impl_ || impl_->together) return call(body);
  impl_->arena.execute([&] {
    Team& team = impl_->team;
    team.open();
    impl_->together = true;
    tbb::task_group helpers;
    for (int thread = 1; thread < threads_; ++thread) {
      helpers.run([&team, thread] { team.help(thread); });
    }
    call(body);
    impl_->together = false;
    team.close();
    helpers.wait();
  });
}

void Arena::run(std::int64_t count, std::int64_t grain, Call call, const void* body) {
  if (count <= 0) return;
  if (!impl_ || count <= grain) return call(body, 0, count, 0);
  // Some pieces a thread, as they may take unlike times: attention's do.
  constexpr std::int64_t kPieces = 4;
  const std::int64_t piece =
      std::max({grain, count / (threads_ * kPieces), count / Team::kMostPieces + 1});
  enter([&] { impl_->team.share(count, piece, call, body); });
}

}  // namespace pincer
