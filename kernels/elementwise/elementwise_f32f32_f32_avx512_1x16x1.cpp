#include "kernels/elementwise/elementwise_operations.h"
#include "kernels/elementwise/register_avx512.h"

namespace pincer::kernels {

extern constinit const ElementwiseTable elementwise_f32f32_f32_avx512_1x16x1;
constinit const ElementwiseTable elementwise_f32f32_f32_avx512_1x16x1 =
    elementwise_operations<Avx512Register>();

}  // namespace pincer::kernels
