// INT8 products of several rows of activations, and the FP32 reference.
#include "bench/kernels/register_cases.h"

// Before main, which benchmark_main provides.
[[maybe_unused]] static const bool kRegistered = pincer::kernels::measure::register_cases("gemm");
