#include "kernels/elementwise/elementwise_operations.h"
#include "kernels/elementwise/register_avx2.h"

namespace pincer::kernels {

extern constinit const ElementwiseTable elementwise_f32f32_f32_avx2_1x16x1;
constinit const ElementwiseTable elementwise_f32f32_f32_avx2_1x16x1 =
    elementwise_operations<Avx2Register>();

}  // namespace pincer::kernels
