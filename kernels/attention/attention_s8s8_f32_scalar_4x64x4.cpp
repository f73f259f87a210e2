#include "kernels/attention/attention_s8_rows.h"

namespace pincer::kernels {
namespace {

// The reference: the sums written down.
struct ScalarProducts {
  template <int kRows>
  static void scores(const BytePair& q, const std::int32_t (&)[kS8TileRows], const Panels& k,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    for (int r = 0; r < kRows; ++r) {
      for (int key = 0; key < kAttentionStep; ++key) {
        const std::uint8_t* token = k.at[key / kKvBlockTokens] + key % kKvBlockTokens * 4;
        std::int32_t sum = 0;
        for (int d = 0; d < head_dim; ++d) {
          sum += (256 * q.hi[r][d] + q.lo[r][d]) *
                 static_cast<std::int8_t>(token[d / 4 * kKvBlockTokens * 4 + d % 4]);
        }
        out[r][key] = sum;
      }
    }
  }

  template <int kRows>
  static void values(const BytePair& u, const std::int32_t (&)[kS8TileRows], const Panels& v,
                     int head_dim, std::int32_t* const (&out)[kS8TileRows]) {
    for (int r = 0; r < kRows; ++r) {
      for (int d = 0; d < head_dim; ++d) {
        std::int32_t sum = 0;
        for (int key = 0; key < kAttentionStep; ++key) {
          const std::uint8_t* block = v.at[key / kKvBlockTokens];
          const int t = key % kKvBlockTokens;
          const int weight = 256 * static_cast<std::uint8_t>(u.hi[r][key]) +
                             static_cast<std::uint8_t>(u.lo[r][key]);
          sum += weight * static_cast<std::int8_t>(block[(t / 4 * head_dim + d) * 4 + t % 4]);
        }
        out[r][d] = sum;
      }
    }
  }
};

}  // namespace

void attention_s8s8_f32_scalar_4x64x4(const AttentionS8Args& args) noexcept;
void attention_s8s8_f32_scalar_4x64x4(const AttentionS8Args& args) noexcept {
  attend_s8<ScalarRegister, ScalarProducts>(args);
}

}  // namespace pincer::kernels
