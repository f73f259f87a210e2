// The results of `pincer bench --kernels`, and how they are printed.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "pincer/kernels/measure/case.h"
#include "pincer/kernels/measure/timing.h"

namespace pincer {

struct KernelRow {
  kernels::measure::Case test;
  kernels::measure::Timing timing;  // with samples
  std::string level;                // where the weights are: "L2", "memory"
  double peak_gmac_s = 0;           // the limits that the shares are of; 0: not known
  double read_gb_s = 0;
};

// What follows from the median of a row's samples.
struct KernelFigures {
  double median_ns = 0, min_ns = 0, spread = 0;
  double gmac_s = 0, gb_s = 0;
  double share_of_int8_peak = 0, share_of_read = 0;  // 0: there is no such limit
  double quantized_gmac_s = 0;                       // 0: nothing to quantize
};
KernelFigures figures(const KernelRow& row);

struct KernelReport {
  std::string cpu, date;  // date: as in 2026-11-23, UTC
  // Limits by threads, then by level of memory and by ISA.
  std::map<int, std::map<std::string, double>> read_gb_s, int8_gmac_s;
  std::vector<KernelRow> rows;
};

// A table for each kernel, its columns aligned for terminals.
std::string to_markdown(const KernelReport& report);
std::string to_json(const KernelReport& report);
std::string to_csv(const KernelReport& report);

}  // namespace pincer
