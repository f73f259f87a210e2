// The AVX-VNNI kernels with the EVEX form of vpdpbusd.
#include <immintrin.h>

#define _mm256_dpbusd_avx_epi32 _mm256_dpbusd_epi32

#define gemm_s8s8_f32_avxvnni_6x16x4 emulated_gemm_s8s8_f32_avxvnni_6x16x4
#include "kernels/gemm/gemm_s8s8_f32_avxvnni_6x16x4.cpp"  // NOLINT(bugprone-suspicious-include)

#define gemv_s8s8_f32_avxvnni_1x32x4 emulated_gemv_s8s8_f32_avxvnni_1x32x4
#include "kernels/gemv/gemv_s8s8_f32_avxvnni_1x32x4.cpp"  // NOLINT(bugprone-suspicious-include)

#define gemm_s8s4_f32_avxvnni_6x16x4 emulated_gemm_s8s4_f32_avxvnni_6x16x4
#include "kernels/gemm/gemm_s8s4_f32_avxvnni_6x16x4.cpp"  // NOLINT(bugprone-suspicious-include)

#define gemv_s8s4_f32_avxvnni_1x32x4 emulated_gemv_s8s4_f32_avxvnni_1x32x4
#include "kernels/gemv/gemv_s8s4_f32_avxvnni_1x32x4.cpp"  // NOLINT(bugprone-suspicious-include)
