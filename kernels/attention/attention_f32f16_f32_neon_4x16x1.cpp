#include "kernels/attention/attention_rows.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {

void attention_f32f16_f32_neon_4x16x1(const AttentionF16Args& args) noexcept;
void attention_f32f16_f32_neon_4x16x1(const AttentionF16Args& args) noexcept {
  attend<NeonRegister, 24>(args);
}

}  // namespace pincer::kernels
