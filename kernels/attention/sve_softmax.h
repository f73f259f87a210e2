// Softmax steps on SVE, sixteen lanes as kParts vectors, with the arithmetic of
// attention_s8_softmax.h. What is rare (soft caps, keys that a row does not see) is left to NEON.
//
// The polynomial's sums need no copies of constants here, unlike on NEON: FMAD overwrites a factor.
#pragma once

#include <arm_sve.h>

#include <cstdint>

#include "kernels/attention/attention_s8_rows.h"
#include "kernels/elementwise/register_neon.h"

namespace pincer::kernels {
namespace {

template <int kVectors>
struct SveRegister : NeonRegister {
  static constexpr int kParts = kVectors;
};

// The same pointer, of which clang 19 does not know how it came about: it then adds multiples of
// the vector length in the instruction, instead of keeping as many pointers as there are vectors.
template <class T>
inline T* own_pointer(T* p) {
  __asm__("" : "+r"(p));
  return p;
}

// exp2_register of exp2_16.h.
inline svfloat32_t exp2_vector(svfloat32_t x) {
  const svbool_t all = svptrue_b32();
  const svfloat32_t shifted = svadd_n_f32_x(all, x, 0x1.8p+23f);
  const svfloat32_t r = svsub_f32_x(all, x, svsub_n_f32_x(all, shifted, 0x1.8p+23f));
  svfloat32_t p = svmad_f32_x(all, svdup_n_f32(0x1.3a02ccp-7f), r, svdup_n_f32(0x1.c9fc46p-5f));
  p = svmad_f32_x(all, p, r, svdup_n_f32(0x1.ec0378p-3f));
  p = svmad_f32_x(all, p, r, svdup_n_f32(0x1.62e12cp-1f));
  p = svmad_f32_x(all, p, r, svdup_n_f32(1.0f));
  const svuint32_t exponent = svlsl_n_u32_x(all, svreinterpret_u32_f32(shifted), 23);
  const svuint32_t scaled = svadd_u32_x(all, svreinterpret_u32_f32(p), exponent);
  const svbool_t tiny = svcmplt_n_f32(all, x, -126.0f);
  return svsel_f32(tiny, svdup_n_f32(0.0f), svreinterpret_f32_u32(scaled));
}

template <int kParts>
struct StepMath<SveRegister<kParts>> {
  // A step's keys are 4 * kParts vectors, within reach of -8 .. 7 from the middle: vector `part` of
  // sixteen lanes `t`.
  static constexpr int kMiddle = kAttentionStep / 2;
  static constexpr int vector_at(int t, int part) { return (t - kStepVectors / 2) * kParts + part; }

  static float score_step(const std::int32_t* dots, const StepKeys& keys, float score_scale,
                          float cap, RowState& row, float* scores, bool& first) {
    if (cap != 0.0f || keys.begin > 0 || keys.end < kAttentionStep) {
      return kernels::score_step<NeonRegister>(dots, keys, score_scale, cap, row, scores, first);
    }
    const svbool_t all = svptrue_b32();
    const std::int32_t* const middle = own_pointer(dots + kMiddle);
    float* const out = own_pointer(scores + kMiddle);
    const float* const k_scale[] = {own_pointer(keys.k_scale[0]), own_pointer(keys.k_scale[1])};
    svfloat32_t top = svdup_n_f32(-__builtin_inff());
    unrolled<kStepVectors>([&](int t) {
      const float* const scales = k_scale[t / 2];
      unrolled<kParts>([&](int part) {
        const svint32_t dot = svld1_vnum_s32(all, middle, vector_at(t, part));
        const svfloat32_t scaled = svmul_f32_x(all, svcvt_f32_s32_x(all, dot),
                                               svld1_vnum_f32(all, scales, t % 2 * kParts + part));
        const svfloat32_t score = svmul_n_f32_x(all, scaled, score_scale);
        svst1_vnum_f32(all, out, vector_at(t, part), score);
        top = svmaxnm_f32_x(all, top, score);
      });
    });
    return note_largest(svmaxnmv_f32(all, top), row, first);
  }

  static std::int32_t weight_step(const float* scores, const ValueScales& values, float decay,
                                  RowState& row, std::int8_t* hi, std::int8_t* lo) {
    const svbool_t all = svptrue_b32();
    const float* const middle = own_pointer(scores + kMiddle);
    const float* const factor = own_pointer(values.factor + kMiddle);
    auto* const low = own_pointer(reinterpret_cast<std::uint8_t*>(lo + kMiddle));
    auto* const high = own_pointer(reinterpret_cast<std::uint8_t*>(hi + kMiddle));
    svuint32_t sums = svdup_n_u32(0);
    unrolled<kParts>([&](int part) {
      const auto weigh = [&](int t) __attribute__((always_inline)) {
        const int at = vector_at(t, part);
        const svfloat32_t score = svld1_vnum_f32(all, middle, at);
        const svfloat32_t p = exp2_vector(svsub_n_f32_x(all, score, row.largest));
        const svfloat32_t u = svmul_f32_x(all, p, svld1_vnum_f32(all, factor, at));
        const svuint32_t bits = svreinterpret_u32_f32(svadd_n_f32_x(all, u, 0x1.8p+23f));
        svst1b_vnum_u32(all, low, at, bits);
        svst1b_vnum_u32(all, high, at, svlsr_n_u32_x(all, bits, 8));
        sums = svadd_u32_x(all, sums, bits);
        return p;
      };
      const svfloat32_t p0 = weigh(0), p01 = svadd_f32_x(all, p0, weigh(1));
      const svfloat32_t p2 = weigh(2), p23 = svadd_f32_x(all, p2, weigh(3));
      const svfloat32_t before = svld1_vnum_f32(all, row.sums, part);
      const svfloat32_t sum = svadd_f32_x(all, p01, p23);
      svst1_vnum_f32(all, row.sums, part, svmad_f32_x(all, before, svdup_n_f32(decay), sum));
    });
    return static_cast<std::int32_t>(static_cast<std::uint32_t>(svaddv_u32(all, sums)) -
                                     kAttentionStep * kMagicBits);
  }

  static void add_values(const StepResult& step, const std::int32_t* products, int head_dim,
                         float* out) {
    const svbool_t all = svptrue_b32();
    const svfloat32_t scale = svdup_n_f32(step.weight_scale), decay = svdup_n_f32(step.decay);
    const auto each_sixteen = [&](auto combine) __attribute__((always_inline)) {
      for (int d = 0; d < head_dim; d += kLanes) {
        unrolled<kParts>([&](int part) {
          const svint32_t product = svld1_vnum_s32(all, products + d, part);
          const svfloat32_t before = svld1_vnum_f32(all, out + d, part);
          svst1_vnum_f32(all, out + d, part, combine(svcvt_f32_s32_x(all, product), before));
        });
      }
    };
    if (step.first) {
      each_sixteen([&](svfloat32_t p, svfloat32_t) { return svmul_f32_x(all, p, scale); });
    } else if (step.decay == 1.0f) {  // most of the time
      each_sixteen([&](svfloat32_t p, svfloat32_t o) { return svmla_f32_x(all, o, p, scale); });
    } else {
      each_sixteen([&](svfloat32_t p, svfloat32_t o) {
        return svmla_f32_x(all, svmul_f32_x(all, o, decay), p, scale);
      });
    }
  }
};

// Vectors of other lengths than 16, 32 or 64 bytes do softmax on NEON.
template <class Products>
inline void attend_s8_on_sve(const AttentionS8Args& args) {
  std::uint64_t lanes = svcntw();
  // Else clang 19 puts the length it then knows into addresses, for which there are no
  // instructions.
  __asm__("" : "+r"(lanes));
  switch (lanes) {
    case 4:
      return attend_s8<SveRegister<4>, Products>(args);
    case 8:
      return attend_s8<SveRegister<2>, Products>(args);
    case 16:
      return attend_s8<SveRegister<1>, Products>(args);
    default:
      return attend_s8<NeonRegister, Products>(args);
  }
}

}  // namespace
}  // namespace pincer::kernels
