// The row operations between the products.
#include "bench/kernels/register_cases.h"

// Before main, which benchmark_main provides.
[[maybe_unused]] static const bool kRegistered =
    pincer::kernels::measure::register_cases("elementwise");
