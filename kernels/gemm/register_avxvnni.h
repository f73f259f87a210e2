// The operations of vnni_tile.h on 256-bit registers.
#pragma once

#include <immintrin.h>

#include "kernels/gemm/register_avx2.h"

namespace pincer::kernels {
namespace {

struct AvxVnniRegister : Avx2ProductRegister {
  static constexpr int kPairBlocks = 0;
  // acc + the four products of each lane: unsigned bytes by signed ones.
  static Int dot(Int acc, Int w, Int a) { return _mm256_dpbusd_avx_epi32(acc, w, a); }
};

}  // namespace
}  // namespace pincer::kernels
