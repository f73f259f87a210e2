#include "engine/parallel/team.h"

#include <algorithm>
#include <thread>

#include "pincer/kernels/spin_pause.h"

namespace pincer {
namespace {

// Waits by spinning: the next operation comes in microseconds. Where there are more threads than
// cores the one that is waited for may need this one's core, so after a while it is offered.
class Spin {
 public:
  void wait() {
    if (++turns_ % kTurnsBeforeYield != 0) return kernels::spin_pause();
    std::this_thread::yield();
  }

 private:
  static constexpr int kTurnsBeforeYield = 2000;  // some 50 microseconds
  int turns_ = 0;
};

}  // namespace

void Team::close() { ticket_.store({kClosed, 0, 0}, std::memory_order_release); }

bool Team::take(Ticket& seen, int thread) noexcept {
  while (seen.next < seen.pieces) {
    Ticket after = seen;
    ++after.next;
    if (!ticket_.compare_exchange_weak(seen, after, std::memory_order_acq_rel,
                                       std::memory_order_acquire)) {
      continue;
    }
    // The operation stays until this piece is done.
    const std::int64_t begin = seen.next * operation_.piece;
    const std::int64_t end = std::min(begin + operation_.piece, operation_.count);
    operation_.call(operation_.body, begin, end, thread);
    done_.fetch_add(1, std::memory_order_release);
    seen = after;
    return true;
  }
  return false;
}

void Team::share(std::int64_t count, std::int64_t piece, Call call, const void* body) noexcept {
  const std::int64_t pieces = (count + piece - 1) / piece;
  operation_ = {call, body, count, piece};
  done_.store(0, std::memory_order_relaxed);
  operations_ = (operations_ + 1) % kClosed;
  Ticket seen{operations_, 0, static_cast<std::uint16_t>(pieces)};
  ticket_.store(seen, std::memory_order_release);
  while (take(seen, 0)) {
  }
  Spin spin;
  while (done_.load(std::memory_order_acquire) != pieces) spin.wait();
}

void Team::help(int thread) noexcept {
  Spin spin;
  while (true) {
    Ticket seen = ticket_.load(std::memory_order_acquire);
    if (seen.operation == kClosed) return;
    if (take(seen, thread)) {
      spin = {};
    } else {
      spin.wait();
    }
  }
}

}  // namespace pincer
