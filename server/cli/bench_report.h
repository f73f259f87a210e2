// The results of `pincer bench`, and how they are printed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pincer/engine/layer_trace.h"

namespace pincer {

struct BenchRow {
  std::string model, test;  // "pp512", "tg128", "batch8"
  int threads = 1;
  std::vector<double> tokens_per_s;  // samples
  double gb_s = 0, gmac_s = 0;       // of the median
  double share_of_read = 0, share_of_int8_peak = 0;
};

struct BenchReport {
  std::string cpu, kernels;
  std::map<int, double> read_gb_s, int8_gmac_s;  // limits by threads
  std::vector<BenchRow> rows;
};

std::string to_markdown(const BenchReport& report);
std::string to_json(const BenchReport& report);
std::string to_csv(const BenchReport& report);

// Microseconds by layer and phase, means of all steps.
std::string layer_table(const LayerTrace& trace);

}  // namespace pincer
