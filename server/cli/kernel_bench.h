// pincer bench --kernels: each kernel beside what this machine can multiply and read.
#pragma once

#include <string>
#include <vector>

#include "pincer/kernels/measure/case.h"

namespace pincer {

struct KernelBenchFlags {
  std::string filter, format = "md";
  std::vector<int> threads;
  kernels::measure::Effort effort = kernels::measure::Effort::usual;
};

// Prints the report; the exit code.
int run_kernel_bench(const KernelBenchFlags& flags);

}  // namespace pincer
