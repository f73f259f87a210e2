// CPU features, and which kernel family to use. Features are read once; PINCER_FORCE_ISA caps the
// choice.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pincer::kernels {

// Kernel families. Within one architecture a larger value is preferred, and its kernels may stand
// beside those of the smaller ones that the CPU has too (an AVX512-VNNI machine may run AVX2
// kernels); not every CPU has them all.
enum class Isa : std::uint8_t {
  scalar = 0,
  avx2,
  avxvnni,
  avx512,  // F, BW, DQ, VL: float kernels
  avx512vnni,
  amx,
  neon,
  dotprod,
  i8mm,
  sve,       // dot products, at any vector length
  sve_i8mm,  // and int8 matrix products
  sme,       // int8 outer products; a CPU may have it without SVE outside streaming mode
  sme2,      // and instructions for several vectors
};

std::string_view isa_name(Isa isa);                   // "avx512vnni"
std::optional<Isa> parse_isa(std::string_view name);  // the inverse; nullopt when unknown
std::vector<Isa> known_isas();                        // every family of this architecture
bool cpu_supports(Isa isa);                           // this CPU and operating system run it

// What dispatch may use, after PINCER_FORCE_ISA (read once, at the first call).
struct IsaChoice {
  Isa isa = Isa::scalar;  // the best family in use
  bool forced = false;    // by PINCER_FORCE_ISA
  std::string error;      // not empty: the variable names an unknown or unsupported family
};
const IsaChoice& isa_choice();

// True when a kernel of family `isa` may run under `limit` on this CPU. Below the limit that is not
// so of SVE with vectors of 16 bytes where NEON has all that it has.
bool isa_allowed(Isa isa, Isa limit);

// "AMD EPYC 9R14 (avx2 avx512f avx512_vnni ...)": for `pincer doctor` and benchmark records.
std::string cpu_description();

}  // namespace pincer::kernels
