// A few threads that do the same work in step, for measuring: kernels know no thread pool.
#pragma once

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

namespace pincer::kernels::detail {

class Team {
 public:
  explicit Team(int threads);
  Team(const Team&) = delete;
  Team& operator=(const Team&) = delete;
  ~Team();

  int threads() const { return threads_; }
  // Runs work(thread) on threads 0 .. threads-1 at once, 0 being the caller; returns when all have
  // ended. Between calls the others sleep.
  void run(const std::function<void(int)>& work);
  // Inside run(): waits until every thread is here. Spins, because a product may take microseconds.
  void meet();

 private:
  void serve(int thread);

  const int threads_;
  const std::function<void(int)>* work_ = nullptr;  // null: the end
  std::atomic<unsigned> calls_ = 0;
  std::atomic<int> arrived_ = 0;
  std::atomic<unsigned> meetings_ = 0;
  std::vector<std::jthread> others_;
};

}  // namespace pincer::kernels::detail
