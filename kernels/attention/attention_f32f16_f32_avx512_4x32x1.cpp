#include "kernels/attention/attention_rows.h"
#include "kernels/elementwise/register_avx512.h"

namespace pincer::kernels {

void attention_f32f16_f32_avx512_4x32x1(const AttentionF16Args& args) noexcept;
void attention_f32f16_f32_avx512_4x32x1(const AttentionF16Args& args) noexcept {
  attend<Avx512Register, 24>(args);
}

}  // namespace pincer::kernels
