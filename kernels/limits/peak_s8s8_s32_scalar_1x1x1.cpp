// The rate of the architecture's baseline, as the compiler vectorizes it: a dot product of two
// vectors in the L1 cache.
#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_scalar_1x1x1(std::int64_t turns) noexcept {
  constexpr std::int64_t kLength = 1024;
  std::int8_t a[kLength];
  std::int8_t w[kLength];
  for (std::int64_t i = 0; i < kLength; ++i) {
    a[i] = static_cast<std::int8_t>(i);
    w[i] = static_cast<std::int8_t>(i * 3);
  }
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    // The compiler must neither know what the vectors hold nor drop a sum.
    __asm__ volatile("" : : "r"(a), "r"(w) : "memory");
    std::int32_t sum = 0;
    for (std::int64_t i = 0; i < kLength; ++i) sum += a[i] * w[i];
    __asm__ volatile("" : : "r"(sum));
  }
  return turns * kLength;
}

}  // namespace pincer::kernels
