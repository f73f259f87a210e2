#include "kernels/elementwise/elementwise_operations.h"
#include "kernels/elementwise/register_scalar.h"

namespace pincer::kernels {

extern constinit const ElementwiseTable elementwise_f32f32_f32_scalar_1x16x1;
constinit const ElementwiseTable elementwise_f32f32_f32_scalar_1x16x1 =
    elementwise_operations<ScalarRegister>();

}  // namespace pincer::kernels
