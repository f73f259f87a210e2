#include "engine/parallel/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <numeric>
#include <vector>

namespace pincer {
namespace {

TEST(ArenaConcurrency, CoversEveryIndexOnce) {
  for (const int threads : {1, 2, 3, 5}) {
    Arena arena(threads);
    for (const std::int64_t count : {0, 1, 7, 64, 1000, 200'000}) {
      for (const std::int64_t grain : {1, 8, 100, 1'000'000}) {
        std::vector<int> visits(static_cast<std::size_t>(count));
        std::atomic<int> bad = 0;
        arena.split(count, grain, [&](std::int64_t begin, std::int64_t end, int thread) {
          if (begin >= end || thread < 0 || thread >= threads) ++bad;
          if (end - begin < grain && end != count) ++bad;
          for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
        });
        EXPECT_EQ(bad, 0) << threads << " threads, " << count << " by " << grain;
        EXPECT_TRUE(std::ranges::all_of(visits, [](int n) { return n == 1; }))
            << threads << " threads, " << count << " by " << grain;
      }
    }
  }
}

// A thread's own scratch memory is its own while a body runs.
TEST(ArenaConcurrency, NumbersOfThreadsAreUnique) {
  Arena arena(4);
  std::vector<std::atomic<int>> busy(4);
  std::atomic<int> clashes = 0;
  arena.enter([&] {
    for (int i = 0; i < 2000; ++i) {
      arena.split(64, 1, [&](std::int64_t, std::int64_t, int thread) {
        std::atomic<int>& mine = busy[static_cast<std::size_t>(thread)];
        if (++mine != 1) ++clashes;
        --mine;
      });
    }
  });
  EXPECT_EQ(clashes, 0);
}

// What one operation wrote, the next one reads, whichever threads had the pieces.
TEST(ArenaConcurrency, OperationsFollowEachOther) {
  Arena arena(3);
  std::vector<std::int64_t> values(300), next(300);
  std::iota(values.begin(), values.end(), 0);
  arena.enter([&] {
    for (int round = 0; round < 3000; ++round) {
      arena.split(300, 7, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) {
          next[static_cast<std::size_t>(i)] = values[static_cast<std::size_t>((i + 1) % 300)];
        }
      });
      values.swap(next);
    }
  });
  for (std::int64_t i = 0; i < 300; ++i) {
    EXPECT_EQ(values[static_cast<std::size_t>(i)], i);  // 3000 steps of a ring of 300
  }
}

// Only one of the threads that an arena asks for may exist: the caller does all the work then.
TEST(ArenaConcurrency, NeedsNoHelper) {
  Arena one(1);
  Arena many(8);  // more than TBB may be allowed to start now
  std::atomic<std::int64_t> sum = 0;
  many.enter([&] {
    many.enter([&] {  // nested
      many.split(1000, 1, [&](std::int64_t begin, std::int64_t end, int) {
        for (std::int64_t i = begin; i < end; ++i) sum += i;
      });
    });
  });
  EXPECT_EQ(sum, 499'500);
}

}  // namespace
}  // namespace pincer
