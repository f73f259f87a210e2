// INT8 products of one row of activations: decoding one sequence.
#include "bench/kernels/register_cases.h"

// Before main, which benchmark_main provides.
[[maybe_unused]] static const bool kRegistered = pincer::kernels::measure::register_cases("gemv");
