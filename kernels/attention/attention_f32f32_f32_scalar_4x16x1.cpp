#include "kernels/attention/attention_rows.h"
#include "kernels/elementwise/register_scalar.h"

namespace pincer::kernels {

void attention_f32f32_f32_scalar_4x16x1(const AttentionArgs& args) noexcept;
void attention_f32f32_f32_scalar_4x16x1(const AttentionArgs& args) noexcept {
  attend<ScalarRegister, 16>(args);
}

}  // namespace pincer::kernels
