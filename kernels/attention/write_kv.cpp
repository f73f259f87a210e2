#include <cassert>
#include <cstring>

#include "pincer/kernels/attention_s8.h"

namespace pincer::kernels {
namespace {

// kKr dimensions of a token are one word, and so are kKr tokens of a dimension.
template <class Word>
void write_values(const KvShape& shape, int head_dim, int slot, const std::int8_t* k,
                  const std::int8_t* v, std::uint8_t* block) {
  constexpr int kKr = sizeof(Word);
  const Word k_flip = shape.k_offset * (static_cast<Word>(-1) / 255);  // in every byte
  std::uint8_t* to = block + slot * kKr;
  for (int d = 0; d < head_dim; d += kKr, to += kKvBlockTokens * kKr) {
    Word word;
    std::memcpy(&word, k + d, sizeof word);
    word ^= k_flip;
    std::memcpy(to, &word, sizeof word);
  }
  to = block + kv_half_bytes(head_dim) + slot / kKr * head_dim * kKr + slot % kKr;
  for (int d = 0; d < head_dim; ++d) to[d * kKr] = static_cast<std::uint8_t>(v[d] ^ shape.v_offset);
}

}  // namespace

void write_kv(const KvShape& shape, int head_dim, int slot, const std::int8_t* k, float k_scale,
              const std::int8_t* v, float v_scale, std::uint8_t* block) {
  assert(slot >= 0 && slot < kKvBlockTokens && head_dim % 16 == 0 && head_dim <= kMaxHeadDim);
  assert(shape.kr == 4 || shape.kr == 8);
  if (shape.kr == 4) {
    write_values<std::uint32_t>(shape, head_dim, slot, k, v, block);
  } else {
    write_values<std::uint64_t>(shape, head_dim, slot, k, v, block);
  }
  std::uint8_t* scales = block + 2 * kv_half_bytes(head_dim);
  std::memcpy(scales + slot * sizeof(float), &k_scale, sizeof k_scale);
  std::memcpy(scales + (kKvBlockTokens + slot) * sizeof(float), &v_scale, sizeof v_scale);
}

}  // namespace pincer::kernels
