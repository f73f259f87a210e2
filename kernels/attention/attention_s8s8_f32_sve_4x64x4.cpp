// As attention_s8s8_f32_neon_dotprod_4x64x4.cpp on longer vectors.
#include "kernels/attention/sve_softmax.h"

namespace pincer::kernels {
namespace {

// 16 k of a row.
template <bool kSigned, int kLane>
inline svint32_t dot(svint32_t sum, svuint8_t columns, svint8_t row) {
  if constexpr (kSigned) {
    return svdot_lane_s32(sum, svreinterpret_s8_u8(columns), row, kLane);
  } else {
    return svreinterpret_s32_u32(
        svdot_lane_u32(svreinterpret_u32_s32(sum), columns, svreinterpret_u8_s8(row), kLane));
  }
}

// Both bytes of a row by two vectors of columns: s0, s1 are sums of hi, s2, s3 of lo.
template <bool kSigned, int kLane>
inline void dot_row(svint8_t hi, svint8_t lo, svuint8_t x0, svuint8_t x1, svint32_t& s0,
                    svint32_t& s1, svint32_t& s2, svint32_t& s3) {
  s0 = dot<kSigned, kLane>(s0, x0, hi);
  s1 = dot<kSigned, kLane>(s1, x1, hi);
  s2 = dot<kSigned, kLane>(s2, x0, lo);
  s3 = dot<kSigned, kLane>(s3, x1, lo);
}

// Where rows and a panel are.
struct Operands {
  const std::int8_t *hi, *lo;  // kRowStride bytes from row to row
  const std::uint8_t* panel;   // a k-block is 4 * columns bytes
  int count;                   // of k, a multiple of 16
};

inline void store_row(int column, int columns, std::int32_t added, svint32_t s0, svint32_t s1,
                      svint32_t s2, svint32_t s3, std::int32_t* out) {
  const svbool_t all = svptrue_b32();
  const int next = column + static_cast<int>(svcntw());
  const svint32_t a = svadd_n_s32_x(all, svmla_n_s32_x(all, s2, s0, 256), added);
  const svint32_t b = svadd_n_s32_x(all, svmla_n_s32_x(all, s3, s1, 256), added);
  svst1_s32(svwhilelt_b32_s32(column, columns), out + column, a);
  svst1_s32(svwhilelt_b32_s32(next, columns), out + next, b);
}

// Sums of two vectors of columns have a letter for each row; few rows have four vectors.
template <bool kSigned, int kRowStride, int kRows, int kPanels>
inline void multiply_panels(const Operands (&operands)[kPanels], int columns,
                            const std::int32_t (&added)[kS8TileRows],
                            std::int32_t* const (&out)[kS8TileRows], int out_offset) {
  constexpr int kVectors = kRows <= 2 ? 4 : 2;
  const svint32_t zero = svdup_n_s32(0);
  const int width = columns * 4, bytes = static_cast<int>(svcntb());
  for (int at = 0; at < width; at += kVectors * bytes) {
    const svbool_t in0 = svwhilelt_b8_s32(at, width), in1 = svwhilelt_b8_s32(at + bytes, width);
    const svbool_t in2 = svwhilelt_b8_s32(at + 2 * bytes, width);
    const svbool_t in3 = svwhilelt_b8_s32(at + 3 * bytes, width);
    svint32_t p0 = zero, p1 = zero, p2 = zero, p3 = zero, q0 = zero, q1 = zero, q2 = zero;
    svint32_t q3 = zero, r0 = zero, r1 = zero, r2 = zero, r3 = zero, s0 = zero, s1 = zero;
    svint32_t s2 = zero, s3 = zero;
    for (const Operands& o : operands) {
      const std::uint8_t* panel = o.panel + at;
      for (int k = 0; k < o.count; k += 16) {
        const svbool_t all = svptrue_b8();
        constexpr int kRow1 = kRows > 1 ? kRowStride : 0;
        constexpr int kRow2 = kRows > 2 ? 2 * kRowStride : 0;
        constexpr int kRow3 = kRows > 3 ? 3 * kRowStride : 0;
        const svint8_t h0 = svld1rq_s8(all, o.hi + k), l0 = svld1rq_s8(all, o.lo + k);
        const svint8_t h1 = svld1rq_s8(all, o.hi + kRow1 + k);
        const svint8_t l1 = svld1rq_s8(all, o.lo + kRow1 + k);
        const svint8_t h2 = svld1rq_s8(all, o.hi + kRow2 + k);
        const svint8_t l2 = svld1rq_s8(all, o.lo + kRow2 + k);
        const svint8_t h3 = svld1rq_s8(all, o.hi + kRow3 + k);
        const svint8_t l3 = svld1rq_s8(all, o.lo + kRow3 + k);
        const auto dot_block = [&]<int kLane>() __attribute__((always_inline)) {
          const svuint8_t x0 = svld1_u8(in0, panel), x1 = svld1_vnum_u8(in1, panel, 1);
          dot_row<kSigned, kLane>(h0, l0, x0, x1, p0, p1, p2, p3);
          if constexpr (kRows > 1) dot_row<kSigned, kLane>(h1, l1, x0, x1, q0, q1, q2, q3);
          if constexpr (kRows > 2) dot_row<kSigned, kLane>(h2, l2, x0, x1, r0, r1, r2, r3);
          if constexpr (kRows > 3) dot_row<kSigned, kLane>(h3, l3, x0, x1, s0, s1, s2, s3);
          if constexpr (kVectors == 4) {
            const svuint8_t x2 = svld1_vnum_u8(in2, panel, 2), x3 = svld1_vnum_u8(in3, panel, 3);
            dot_row<kSigned, kLane>(h0, l0, x2, x3, r0, r1, r2, r3);
            if constexpr (kRows > 1) dot_row<kSigned, kLane>(h1, l1, x2, x3, s0, s1, s2, s3);
          }
          panel += width;
        };
        dot_block.template operator()<0>();
        dot_block.template operator()<1>();
        dot_block.template operator()<2>();
        dot_block.template operator()<3>();
      }
    }
    const int column = at / 4, next = column + 2 * static_cast<int>(svcntw());
    const auto out_of = [&](int r) { return out[r] + out_offset; };
    store_row(column, columns, added[0], p0, p1, p2, p3, out_of(0));
    if constexpr (kRows > 1) store_row(column, columns, added[1], q0, q1, q2, q3, out_of(1));
    if constexpr (kRows > 2) store_row(column, columns, added[2], r0, r1, r2, r3, out_of(2));
    if constexpr (kRows > 3) store_row(column, columns, added[3], s0, s1, s2, s3, out_of(3));
    if constexpr (kVectors == 4) {
      store_row(next, columns, added[0], r0, r1, r2, r3, out_of(0));
      if constexpr (kRows > 1) store_row(next, columns, added[1], s0, s1, s2, s3, out_of(1));
    }
  }
}

struct SveProducts {
  [[maybe_unused]] static constexpr bool kCorrectsValues = true;

  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr std::int32_t kNothing[kS8TileRows] = {};
    for (int b = 0; b < 2; ++b) {
      const Operands operands[] = {{q.hi[0], q.lo[0], k.at[b], head_dim}};
      multiply_panels<true, kMaxHeadDim, kRows>(operands, kKvBlockTokens, kNothing, out,
                                                b * kKvBlockTokens);
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&correction)[kS8TileRows],
                     const Panels& v, int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    constexpr int kHalf = kKvBlockTokens;
    const Operands operands[] = {{u.hi[0], u.lo[0], v.at[0], kHalf},
                                 {u.hi[0] + kHalf, u.lo[0] + kHalf, v.at[1], kHalf}};
    multiply_panels<false, kAttentionStep, kRows>(operands, head_dim, correction, out, 0);
  }
};

}  // namespace

void attention_s8s8_f32_sve_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_sve_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8_on_sve<SveProducts>(args);
}

}  // namespace pincer::kernels
