#include "kernels/elementwise/elementwise_operations.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {

extern constinit const ElementwiseTable elementwise_f32f32_f32_neon_1x16x1;
constinit const ElementwiseTable elementwise_f32f32_f32_neon_1x16x1 =
    elementwise_operations<NeonRegister>();

}  // namespace pincer::kernels
