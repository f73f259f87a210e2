// The reference does not care how many rows there are.
#include "pincer/kernels/gemm.h"

namespace pincer::kernels {

void gemm_s8s4_f32_scalar_1x1x1(const GemmArgs& args) noexcept;

void gemv_s8s4_f32_scalar_1x1x1(const GemmArgs& args) noexcept { gemm_s8s4_f32_scalar_1x1x1(args); }

}  // namespace pincer::kernels
