#include "kernels/limits/team.h"

#include <cassert>

namespace pincer::kernels::detail {
namespace {

// Polls before a waiting thread offers its core to others: about 10 us, longer than a product's
// shares differ on cores of their own.
constexpr int kPolls = 10000;

}  // namespace

Team::Team(int threads) : threads_(threads) {
  assert(threads >= 1);
  for (int thread = 1; thread < threads; ++thread) {
    others_.emplace_back([this, thread] { serve(thread); });
  }
}

Team::~Team() {
  work_ = nullptr;
  calls_.fetch_add(1, std::memory_order_release);
  calls_.notify_all();
}

void Team::run(const std::function<void(int)>& work) {
  if (threads_ > 1) {
    work_ = &work;
    calls_.fetch_add(1, std::memory_order_release);
    calls_.notify_all();
  }
  work(0);
  meet();
}

void Team::serve(int thread) {
  for (unsigned seen = 0;;) {
    calls_.wait(seen, std::memory_order_acquire);
    // No thread misses a call: run() ends only after all have met.
    seen = calls_.load(std::memory_order_acquire);
    if (work_ == nullptr) return;
    (*work_)(thread);
    meet();
  }
}

void Team::meet() {
  if (threads_ == 1) return;
  const unsigned meeting = meetings_.load(std::memory_order_acquire);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == threads_) {
    arrived_.store(0, std::memory_order_relaxed);
    meetings_.store(meeting + 1, std::memory_order_release);
    return;
  }
  for (int polls = 0; meetings_.load(std::memory_order_acquire) == meeting; ++polls) {
    if (polls >= kPolls) std::this_thread::yield();
  }
}

}  // namespace pincer::kernels::detail
