// Streaming read as the compiler vectorizes it for the baseline.
#include <cstdint>

namespace pincer::kernels {

std::int32_t read_u8_s32_scalar_1x1x256(const std::uint8_t* data, std::int64_t bytes) noexcept {
  constexpr int kLanes = 16;
  std::uint32_t sum[kLanes] = {};
  for (std::int64_t at = 0; at < bytes; at += kLanes * 4) {
    std::uint32_t words[kLanes];
    __builtin_memcpy(words, data + at, sizeof words);
    for (int i = 0; i < kLanes; ++i) sum[i] += words[i];
  }
  for (int i = 1; i < kLanes; ++i) sum[0] += sum[i];
  return static_cast<std::int32_t>(sum[0]);
}

}  // namespace pincer::kernels
