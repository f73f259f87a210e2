// The rate of SMMLA on SVE's registers: 24 independent chains, whatever they hold.
#include <arm_sve.h>

#include <cstdint>

namespace pincer::kernels {

std::int64_t peak_s8s8_s32_sve_i8mm_24xVx8(std::int64_t turns) noexcept {
  // 2 rows x 8 k by 2 channels in 16 bytes: 32 MACs.
  const std::int64_t macs = 24 * 2 * static_cast<std::int64_t>(svcntb());
  for (std::int64_t turn = 0; turn < turns; ++turn) {
    asm volatile(
        ".irp chain, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19\n"
        "smmla z\\chain\\().s, z0.b, z1.b\n"
        ".endr\n"
        ".irp chain, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n"
        "smmla z\\chain\\().s, z0.b, z1.b\n"
        ".endr\n"
        :
        :
        : "z8", "z9", "z10", "z11", "z12", "z13", "z14", "z15", "z16", "z17", "z18", "z19", "z20",
          "z21", "z22", "z23", "z24", "z25", "z26", "z27", "z28", "z29", "z30", "z31");
  }
  return turns * macs;
}

}  // namespace pincer::kernels
