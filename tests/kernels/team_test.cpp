#include "kernels/limits/team.h"

#include <gtest/gtest.h>

#include <numeric>

namespace pincer::kernels::detail {
namespace {

TEST(TeamConcurrency, EveryThreadWorksOnceACall) {
  for (const int threads : {1, 2, 5}) {
    Team team(threads);
    std::vector<int> calls(static_cast<std::size_t>(threads));
    for (int call = 1; call <= 50; ++call) {
      team.run([&](int thread) { ++calls[static_cast<std::size_t>(thread)]; });
      EXPECT_EQ(std::accumulate(calls.begin(), calls.end(), 0), call * threads);
    }
  }
}

// What all wrote before a meeting, each reads after it.
TEST(TeamConcurrency, NobodyPassesAMeetingBeforeAllAreThere) {
  constexpr int kThreads = 3, kRounds = 200;
  Team team(kThreads);
  int written[kThreads] = {};
  bool behind[kThreads] = {};
  team.run([&](int thread) {
    for (int round = 1; round <= kRounds; ++round) {
      written[thread] = round;
      team.meet();
      for (const int other : written) behind[thread] |= other != round;
      team.meet();
    }
  });
  for (const bool b : behind) EXPECT_FALSE(b);
}

TEST(TeamConcurrency, MayEndWithoutWork) { const Team team(4); }

}  // namespace
}  // namespace pincer::kernels::detail
