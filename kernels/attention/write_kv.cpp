#include <cassert>
#include <cstring>

#include "pincer/kernels/attention_s8.h"

namespace pincer::kernels {

void write_kv(const KvShape& shape, int head_dim, int slot, const std::int8_t* k, float k_scale,
              const std::int8_t* v, float v_scale, std::uint8_t* block) {
  assert(slot >= 0 && slot < kKvBlockTokens && head_dim % 16 == 0 && head_dim <= kMaxHeadDim);
  const std::uint32_t k_flip = shape.k_offset * 0x01010101u;
  std::uint8_t* to = block + slot * 4;
  for (int d = 0; d < head_dim; d += 4, to += kKvBlockTokens * 4) {
    std::uint32_t word;
    std::memcpy(&word, k + d, sizeof word);
    word ^= k_flip;
    std::memcpy(to, &word, sizeof word);
  }
  to = block + kv_half_bytes(head_dim) + slot / 4 * head_dim * 4 + slot % 4;
  for (int d = 0; d < head_dim; ++d) to[d * 4] = static_cast<std::uint8_t>(v[d] ^ shape.v_offset);
  std::uint8_t* scales = block + 2 * kv_half_bytes(head_dim);
  std::memcpy(scales + slot * sizeof(float), &k_scale, sizeof k_scale);
  std::memcpy(scales + (kKvBlockTokens + slot) * sizeof(float), &v_scale, sizeof v_scale);
}

}  // namespace pincer::kernels
