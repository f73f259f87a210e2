// The rate of SMOPA: one chain for each of ZA's 4 tiles of int32.
#include <arm_sme.h>

#include <cstdint>

#include "kernels/gemm/sme_call.h"

namespace pincer::kernels {
namespace {

__arm_new("za") void multiply(const void* turns) __arm_streaming {
  const svbool_t all = svptrue_b8();
  const svint8_t w = svdup_n_s8(3), a = svdup_n_s8(5);
  svzero_za();
  for (std::int64_t left = *static_cast<const std::int64_t*>(turns); left > 0; --left) {
    svmopa_za32_s8_m(0, all, all, a, w);
    svmopa_za32_s8_m(1, all, all, a, w);
    svmopa_za32_s8_m(2, all, all, a, w);
    svmopa_za32_s8_m(3, all, all, a, w);
  }
}

}  // namespace

std::int64_t peak_s8s8_s32_sme_4VxVx4(std::int64_t turns) noexcept {
  call_streaming(multiply, &turns);
  const auto lanes = static_cast<std::int64_t>(svcntsw());
  return turns * 4 * lanes * lanes * 4;
}

}  // namespace pincer::kernels
