// The rows of kernels.inc beside this file.
#pragma once

#include <span>

#include "pincer/kernels/kernel_table.h"

namespace pincer::test {

std::span<const kernels::GemmKernel> emulated_gemm_kernels();  // may be empty

}  // namespace pincer::test
