// As attention_s8s8_f32_neon_i8mm_4x64x8.cpp on longer vectors: in every 16 bytes smmla multiplies
// the two bytes of a row by two columns.
#include "kernels/attention/neon_byte_pairs.h"
#include "kernels/attention/sve_softmax.h"

namespace pincer::kernels {
namespace {

template <bool kSigned>
inline svint32_t multiply(svint32_t sum, svint8_t rows, svint8_t columns) {
  if constexpr (kSigned) {
    return svmmla_s32(sum, rows, columns);
  } else {
    return svusmmla_s32(sum, svreinterpret_u8_s8(rows), columns);
  }
}

// One row by a vector each of x0 .. x3.
template <bool kSigned>
inline void multiply_row(const std::int8_t* pair, svint8_t x0, svint8_t x1, svint8_t x2,
                         svint8_t x3, svint32_t& s0, svint32_t& s1, svint32_t& s2, svint32_t& s3) {
  const svint8_t row = svld1rq_s8(svptrue_b8(), pair);
  s0 = multiply<kSigned>(s0, row, x0);
  s1 = multiply<kSigned>(s1, row, x1);
  s2 = multiply<kSigned>(s2, row, x2);
  s3 = multiply<kSigned>(s3, row, x3);
}

// Sums are (hi by two columns, lo by the same) again and again.
inline void store_two(svbool_t written, svint32_t a, svint32_t b, std::int32_t* out) {
  const svint64_t even = svreinterpret_s64_s32(a), odd = svreinterpret_s64_s32(b);
  const svint32_t hi = svreinterpret_s32_s64(svuzp1_s64(even, odd));
  const svint32_t lo = svreinterpret_s32_s64(svuzp2_s64(even, odd));
  svst1_s32(written, out, svmla_n_s32_x(svptrue_b32(), lo, hi, 256));
}

inline void store_row(int column, int columns, svint32_t s0, svint32_t s1, svint32_t s2,
                      svint32_t s3, std::int32_t* out) {
  const int next = column + static_cast<int>(svcntw());
  store_two(svwhilelt_b32_s32(column, columns), s0, s1, out + column);
  store_two(svwhilelt_b32_s32(next, columns), s2, s3, out + next);
}

// Rows, in the order of interleave(), by all columns of kPanels panels, one of whose `blocks`
// k-blocks follows the other; a k-block is 8 * columns bytes.
template <bool kSigned, int kRows, int kPanels>
inline void multiply_panels(const std::int8_t* rows, const std::uint8_t* const (&panels)[kPanels],
                            int blocks, int columns, std::int32_t* const (&out)[kS8TileRows],
                            int out_offset) {
  const svint32_t zero = svdup_n_s32(0);
  const int width = columns * 8, bytes = static_cast<int>(svcntb());
  for (int at = 0; at < width; at += 4 * bytes) {
    const svbool_t in0 = svwhilelt_b8_s32(at, width), in1 = svwhilelt_b8_s32(at + bytes, width);
    const svbool_t in2 = svwhilelt_b8_s32(at + 2 * bytes, width);
    const svbool_t in3 = svwhilelt_b8_s32(at + 3 * bytes, width);
    svint32_t p0 = zero, p1 = zero, p2 = zero, p3 = zero, q0 = zero, q1 = zero, q2 = zero;
    svint32_t q3 = zero, r0 = zero, r1 = zero, r2 = zero, r3 = zero, s0 = zero, s1 = zero;
    svint32_t s2 = zero, s3 = zero;
    const std::int8_t* row = rows;
    for (int panel = 0; panel < kPanels; ++panel) {
      const auto* columns_at = reinterpret_cast<const std::int8_t*>(panels[panel] + at);
      const std::int8_t* const end = row + blocks * kPairBlock;
      for (; row != end; row += kPairBlock, columns_at += width) {
        const svint8_t x0 = svld1_s8(in0, columns_at), x1 = svld1_vnum_s8(in1, columns_at, 1);
        const svint8_t x2 = svld1_vnum_s8(in2, columns_at, 2);
        const svint8_t x3 = svld1_vnum_s8(in3, columns_at, 3);
        multiply_row<kSigned>(row, x0, x1, x2, x3, p0, p1, p2, p3);
        if constexpr (kRows > 1) multiply_row<kSigned>(row + 16, x0, x1, x2, x3, q0, q1, q2, q3);
        if constexpr (kRows > 2) multiply_row<kSigned>(row + 32, x0, x1, x2, x3, r0, r1, r2, r3);
        if constexpr (kRows > 3) multiply_row<kSigned>(row + 48, x0, x1, x2, x3, s0, s1, s2, s3);
      }
    }
    const int column = at / 8;
    store_row(column, columns, p0, p1, p2, p3, out[0] + out_offset);
    if constexpr (kRows > 1) store_row(column, columns, q0, q1, q2, q3, out[1] + out_offset);
    if constexpr (kRows > 2) store_row(column, columns, r0, r1, r2, r3, out[2] + out_offset);
    if constexpr (kRows > 3) store_row(column, columns, s0, s1, s2, s3, out[3] + out_offset);
  }
}

struct SveI8mmProducts {
  static void arrange(int rows, int head_dim, std::int8_t* bytes) {
    interleave_queries(rows, head_dim, bytes);
  }

  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    for (int b = 0; b < 2; ++b) {
      const std::uint8_t* const panels[] = {k.at[b]};
      multiply_panels<true, kRows, 1>(q.hi[0], panels, head_dim / 8, kKvBlockTokens, out,
                                      b * kKvBlockTokens);
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    alignas(16) std::int8_t pairs[2 * kS8TileRows * kAttentionStep];
    interleave_weights<kRows>(u, pairs);
    multiply_panels<false, kRows, 2>(pairs, v.at, kKvBlockTokens / 8, head_dim, out, 0);
  }
};

}  // namespace

void attention_s8s8_f32_sve_i8mm_4x64x8(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_sve_i8mm_4x64x8(const AttentionS8Args& args) noexcept {
  attend_s8_on_sve<SveI8mmProducts>(args);
}

}  // namespace pincer::kernels
