// The oneTBB arena of the engine thread: splits one operation's index range over a fixed number of
// threads.
//
// A forward pass splits some hundred operations of microseconds each. Within enter() the threads
// stay together as a team that waits for the next operation by spinning, so that a split costs a
// few hundred nanoseconds (barrier_bench: 163 with two threads on a Zen 5) instead of TBB's
// scheduling of tasks; outside they belong to TBB, which lets them sleep. A thread of the team that
// is late (another process has its core) holds nothing up but the piece that it has begun: who is
// free takes the next piece.
#pragma once

#include <cstdint>
#include <memory>

namespace pincer {

// One thread uses it at a time. Bodies do not throw and do not split again.
class Arena {
 public:
  explicit Arena(int threads);
  ~Arena();

  int threads() const { return threads_; }

  // Calls body(begin, end, thread) over disjoint ranges that cover [0, count); each is at least
  // `grain` long, but the last. `thread` is in [0, threads()) and unique among concurrent calls; 0
  // is the caller. Runs inline when one range is enough.
  template <class Body>
  void split(std::int64_t count, std::int64_t grain, const Body& body) {
    run(
        count, grain,
        [](const void* b, std::int64_t begin, std::int64_t end, int thread) {
          (*static_cast<const Body*>(b))(begin, end, thread);
        },
        &body);
  }

  // Runs `body`, in which splits are quick. May be nested.
  template <class Body>
  void enter(const Body& body) {
    enter([](const void* b) { (*static_cast<const Body*>(b))(); }, &body);
  }

 private:
  using Call = void (*)(const void* body, std::int64_t begin, std::int64_t end, int thread);
  void run(std::int64_t count, std::int64_t grain, Call call, const void* body);
  void enter(void (*call)(const void*), const void* body);

  struct Impl;
  int threads_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pincer
