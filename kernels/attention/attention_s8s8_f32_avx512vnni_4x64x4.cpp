#include "kernels/attention/vnni_products.h"
#include "kernels/elementwise/register_avx512.h"
#include "kernels/gemm/register_avx512vnni.h"

namespace pincer::kernels {
namespace {

struct ProductRegister : Avx512VnniRegister {
  // By intrinsics gcc 12 copies every sum before and after each multiplication.
  static Int dot(Int sum, Int unsigned_bytes, Int signed_bytes) {
    __asm__("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(unsigned_bytes), "v"(signed_bytes));
    return sum;
  }
  static Int add_integers(Int a, Int b) { return _mm512_add_epi32(a, b); }
  // gcc 12 warns of an uninitialized value inside its own intrinsic without a mask.
  static Int times_256(Int a) { return _mm512_maskz_slli_epi32(0xffff, a, 8); }
  static void store_integers(std::int32_t* to, Int a) { _mm512_storeu_si512(to, a); }
};

}  // namespace

void attention_s8s8_f32_avx512vnni_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_avx512vnni_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<Avx512Register, VnniProducts<ProductRegister>>(args);
}

}  // namespace pincer::kernels
