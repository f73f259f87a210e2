#include "kernels/attention/vnni_products.h"
#include "kernels/elementwise/register_avx2.h"
#include "kernels/gemm/register_avxvnni.h"

namespace pincer::kernels {
namespace {

struct ProductRegister : AvxVnniRegister {
  static Int add_integers(Int a, Int b) { return _mm256_add_epi32(a, b); }
  static Int times_256(Int a) { return _mm256_slli_epi32(a, 8); }
  static void store_integers(std::int32_t* to, Int a) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), a);
  }
};

}  // namespace

void attention_s8s8_f32_avxvnni_4x16x4(const AttentionS8Args& args) noexcept {
  attend_s8<Avx2Register, VnniProducts<ProductRegister>>(args);
}

}  // namespace pincer::kernels
