// Random rounds of a differential test: few in a test run, many when somebody asks for it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "tests/kernels/support/float_rows.h"

namespace pincer::test {

// Calls body(source) `rounds` times with the seeds 1, 2, ...; with PINCER_FUZZ_SECONDS in the
// environment, until so many seconds have passed, from a random seed. Ends at the first failure,
// which is reported with its seed.
template <class Body>
void fuzz(int rounds, Body body) {
  using Clock = std::chrono::steady_clock;
  const char* variable = std::getenv("PINCER_FUZZ_SECONDS");
  const std::chrono::duration<double> limit(variable != nullptr ? std::atof(variable) : 0.0);
  const bool timed = limit.count() > 0;
  const std::uint64_t first = timed ? std::uint64_t{std::random_device{}()} << 20 : 1;
  const Clock::time_point start = Clock::now();
  std::uint64_t done = 0;
  while (timed ? Clock::now() - start < limit : done < static_cast<std::uint64_t>(rounds)) {
    const std::uint64_t seed = first + done;
    const testing::ScopedTrace trace(__FILE__, __LINE__, "seed " + std::to_string(seed));
    FloatSource source(seed);
    body(source);
    if (testing::Test::HasFailure()) return;
    ++done;
  }
  if (timed) std::printf("%llu rounds\n", static_cast<unsigned long long>(done));
}

}  // namespace pincer::test
