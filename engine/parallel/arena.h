// The oneTBB arena of the engine thread: splits one operation's index range over a fixed number of
// threads.
#pragma once

#include <cstdint>
#include <memory>

namespace pincer {

class Arena {
 public:
  explicit Arena(int threads);
  ~Arena();

  int threads() const { return threads_; }

  // Calls body(begin, end, thread) over disjoint ranges that cover [0, count); each is at least
  // `grain` long, but the last. `thread` is in [0, threads()) and unique among concurrent calls.
  // Runs inline when one range is enough.
  template <class Body>
  void split(std::int64_t count, std::int64_t grain, const Body& body) {
    run(
        count, grain,
        [](const void* b, std::int64_t begin, std::int64_t end, int thread) {
          (*static_cast<const Body*>(b))(begin, end, thread);
        },
        &body);
  }

  // Runs `body` inside the arena, so that the splits within it need not enter it again.
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
