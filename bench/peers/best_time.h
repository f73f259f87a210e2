// Best-of-many timing for the peers that are called from C++; the Python ones do the same in
// cases.py.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

struct PeerCase {
  int m, n, k, copies;
};

// Nanoseconds of one call: the fastest sample within `seconds`, at least three; a sample is a
// millisecond of calls, or one. call(turn) takes the copy of that turn.
template <class Call>
double best_ns(double seconds, const Call& call) {
  using Clock = std::chrono::steady_clock;
  long turn = 0;
  const auto sample = [&](long turns) {
    const auto start = Clock::now();
    for (long i = 0; i < turns; ++i) call(turn++);
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  };
  long turns = 1;
  while (sample(turns) < 1e6) turns *= 2;
  double best = 0, total = 0;
  for (int samples = 0; samples < 3 || total < seconds * 1e9; ++samples) {
    const double ns = sample(turns);
    total += ns;
    best = samples == 0 ? ns : std::min(best, ns);
  }
  return best / static_cast<double>(turns);
}

inline void report(const char* peer, const PeerCase& c, double ns) {
  std::printf("{\"peer\": \"%s\", \"case\": \"%dx%dx%d %s\", \"ns\": %.1f}\n", peer, c.m, c.n, c.k,
              c.copies == 1 ? "warm" : "cold", ns);
  std::fflush(stdout);
}

// Arguments: seconds, and then cases as M N K COPIES.
template <class Run>
int for_each_case(int argc, char** argv, const Run& run) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 0.5;
  for (int i = 2; i + 3 < argc; i += 4) {
    run(PeerCase{std::atoi(argv[i]), std::atoi(argv[i + 1]), std::atoi(argv[i + 2]),
                 std::atoi(argv[i + 3])},
        seconds);
  }
  return 0;
}
