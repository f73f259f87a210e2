#include "engine/tune/competition.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

namespace pincer {
namespace {

// Twice as many busy threads as cores take each other's place.
TEST(Competition, IsFeltWhereThreadsShareCores) {
  const Competition competition;
  std::atomic<bool> stop = false;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < 2 * std::thread::hardware_concurrency(); ++i) {
    threads.emplace_back([&stop] {
      while (!stop) {
      }
    });
  }
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!competition.felt() && std::chrono::steady_clock::now() < patience)
    std::this_thread::yield();
  stop = true;
  EXPECT_TRUE(competition.felt());
}

TEST(Competition, IsNotFeltByThreadsThatSleep) {
  const Competition competition;
  EXPECT_FALSE(competition.felt());
}

}  // namespace
}  // namespace pincer
