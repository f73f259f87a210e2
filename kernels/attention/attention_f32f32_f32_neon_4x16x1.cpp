#include "kernels/attention/attention_rows.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {

void attention_f32f32_f32_neon_4x16x1(const AttentionArgs& args) noexcept;
void attention_f32f32_f32_neon_4x16x1(const AttentionArgs& args) noexcept {
  attend<NeonRegister, 24>(args);
}

}  // namespace pincer::kernels
