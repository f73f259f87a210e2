// What the machine can do for a case: its caches, and the limits that shares are of.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/measure/case.h"

namespace pincer::kernels::measure {

struct Cache {
  int level = 1;
  std::int64_t bytes = 0;
  int cores = 1;  // that share it
};
// The data caches of the first core, smallest first; empty when the system does not tell.
std::vector<Cache> data_caches();
std::int64_t parse_cache_size(const std::string& text);  // "32K", "36M"; 0 for anything else
// "L1", "L2", ...: the first level whose caches of `threads` cores hold `bytes`; else "memory".
std::string level_name(std::span<const Cache> caches, std::int64_t bytes, int threads);
// Bytes that copies of cold weights take together: four times the last-level cache, 256 MiB to
// 1 GiB.
std::int64_t cold_bytes(std::span<const Cache> caches);

// Limits are measured when they are first asked for, and again by the functions for that; the
// largest value counts, so that a disturbance does not make a kernel look good.
class Limits {
 public:
  // INT8 multiply-accumulates, 10^9 a second, with the best instructions that a kernel of `isa` may
  // use.
  double int8_gmac_s(Isa isa, int threads);
  // Streaming over `working_set` bytes in all, 10^9 bytes a second.
  double read_gb_s(std::int64_t working_set, int threads);
  // The same by level, for a working set that half fills it.
  std::map<std::string, double> read_levels(int threads);
  std::string level(std::int64_t working_set, int threads) const {
    return level_name(caches_, working_set, threads);
  }
  // Measures those of a case again if that is some seconds ago: what others do to the machine
  // changes during a long run.
  void keep_fresh(const Case& c);
  void refresh();  // all

 private:
  const std::vector<Cache> caches_ = data_caches();
  struct Limit {
    double value = 0;
    std::chrono::steady_clock::time_point measured = {};
  };
  using Peaks = std::map<std::pair<Isa, int>, Limit>;           // by threads
  using Reads = std::map<std::pair<std::int64_t, int>, Limit>;  // by bytes a thread, threads

  Peaks::iterator peak(Isa isa, int threads);
  Reads::iterator read(std::int64_t working_set, int threads);

  Peaks peaks_;
  Reads reads_;
};

}  // namespace pincer::kernels::measure
