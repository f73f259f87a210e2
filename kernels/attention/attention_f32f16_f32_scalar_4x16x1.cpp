#include "kernels/attention/attention_rows.h"
#include "kernels/elementwise/register_scalar.h"

namespace pincer::kernels {

void attention_f32f16_f32_scalar_4x16x1(const AttentionF16Args& args) noexcept;
void attention_f32f16_f32_scalar_4x16x1(const AttentionF16Args& args) noexcept {
  attend<ScalarRegister, 16>(args);
}

}  // namespace pincer::kernels
