// Threads that share one operation after another: a fork and a join without a lock.
#pragma once

#include <atomic>
#include <cstdint>

namespace pincer {

// The first thread calls share(); the others are in help() until close(). A body that throws ends
// the process: an operation that is half done has no meaning.
class Team {
 public:
  using Call = void (*)(const void* body, std::int64_t begin, std::int64_t end, int thread);

  // Opens the team for helpers; not while any is in help().
  void open() { ticket_.store({}, std::memory_order_relaxed); }
  // Lets helpers return.
  void close();

  // Runs call(body, ...) over [0, count) in pieces of `piece`, at most kMostPieces of them, with
  // the helpers that are here. Returns when all is done.
  void share(std::int64_t count, std::int64_t piece, Call call, const void* body) noexcept;

  // Takes pieces as helper `thread` until close().
  void help(int thread) noexcept;

  static constexpr std::int64_t kMostPieces = 0xffff;

 private:
  struct Operation {
    Call call = nullptr;
    const void* body = nullptr;
    std::int64_t count = 0, piece = 0;
  };
  // One word, so that a piece is taken from the operation that was looked at or not at all.
  struct alignas(8) Ticket {
    std::uint32_t operation = 0;  // counts them; kClosed: there will be no more
    std::uint16_t next = 0;       // piece
    std::uint16_t pieces = 0;
    friend bool operator==(const Ticket&, const Ticket&) = default;
  };
  static constexpr std::uint32_t kClosed = 0xffffffff;
  static_assert(std::atomic<Ticket>::is_always_lock_free);

  // Takes one piece of what `seen` tells and runs it; false when none is left.
  bool take(Ticket& seen, int thread) noexcept;

  alignas(64) std::atomic<Ticket> ticket_ = Ticket{};
  alignas(64) std::atomic<std::int64_t> done_ = 0;  // pieces of the operation
  alignas(64) Operation operation_;
  std::uint32_t operations_ = 0;
};

}  // namespace pincer
