// How long one operation takes: samples, and what to say of them.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "pincer/kernels/measure/case.h"

namespace pincer::kernels::measure {

struct Timing {
  // Nanoseconds of one operation; a sample is a millisecond of operations, or one if it is longer.
  std::vector<double> ns;
  std::vector<double> quantized_ns;  // with quantizing the activations; empty: nothing to quantize
  std::string problem;               // not empty: the result was wrong, or there was no memory

  void add(const Timing& more);  // of the same case
};

// Runs for about `seconds` after a warm-up, half of them with quantizing if there is anything to
// quantize, one operation at least; when `stop` becomes true it ends, maybe without samples.
Timing time_case(const Case& c, WeightStore& store, double seconds, const std::atomic<bool>& stop);

struct Summary {
  double median = 0;
  double spread = 0;  // half of the distance between the quartiles, relative to the median
};
Summary summarize(std::vector<double> samples);  // not empty

}  // namespace pincer::kernels::measure
