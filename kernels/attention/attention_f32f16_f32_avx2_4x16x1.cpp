#include "kernels/attention/attention_rows.h"
#include "kernels/elementwise/register_avx2.h"

namespace pincer::kernels {

void attention_f32f16_f32_avx2_4x16x1(const AttentionF16Args& args) noexcept;
void attention_f32f16_f32_avx2_4x16x1(const AttentionF16Args& args) noexcept {
  attend<Avx2Register, 12>(args);
}

}  // namespace pincer::kernels
