// Linux hands the CPU's features to every process: Documentation/arch/arm64/elf_hwcaps.rst.
#include "kernels/cpu/arch.h"

#if PINCER_ARM64

#include <sys/auxv.h>
#include <sys/prctl.h>

#include <array>
#include <cstdint>
#include <utility>

#include "kernels/cpu/detect.h"

namespace pincer::kernels::detail {
namespace {

// Own constants: the headers of an older system lack the younger ones.
constexpr std::uint64_t kHwcapAsimd = 1ull << 1;
constexpr std::uint64_t kHwcapCpuid = 1ull << 11;
constexpr std::uint64_t kHwcapAsimdDp = 1ull << 20;
constexpr std::uint64_t kHwcapSve = 1ull << 22;
constexpr std::uint64_t kHwcap2SveI8mm = 1ull << 9;
constexpr std::uint64_t kHwcap2I8mm = 1ull << 13;
constexpr std::uint64_t kHwcap2Sme = 1ull << 23;
constexpr std::uint64_t kHwcap2SmeI8I32 = 1ull << 26;
constexpr std::uint64_t kHwcap2Sme2 = 1ull << 37;
constexpr int kPrSveGetVl = 51;
constexpr int kPrSmeGetVl = 64;

bool hwcap(std::uint64_t mask) { return (getauxval(AT_HWCAP) & mask) == mask; }
bool hwcap2(std::uint64_t mask) { return (getauxval(AT_HWCAP2) & mask) == mask; }

constexpr std::array kIsas = {Isa::scalar, Isa::neon,     Isa::dotprod, Isa::i8mm,
                              Isa::sve,    Isa::sve_i8mm, Isa::sme,     Isa::sme2};

// The answer to either request has flags above bit 15; a kernel without it answers -1.
std::int64_t vector_bytes(int request) {
  const int answer = prctl(request, 0, 0, 0, 0);
  return answer < 0 ? 0 : answer & 0xffff;
}

// Main ID Register: implementer in bits 24-31, part in bits 4-15. The kernel emulates the read when
// it says so.
std::uint64_t main_id() {
  std::uint64_t value;
  __asm__("mrs %0, MIDR_EL1" : "=r"(value));
  return value;
}

// Part numbers of implementer 0x41, Arm Ltd.: the cores this is likely to meet.
constexpr std::pair<std::uint32_t, const char*> kArmParts[] = {
    {0xd03, "Cortex-A53"},  {0xd05, "Cortex-A55"},  {0xd08, "Cortex-A72"},  {0xd0b, "Cortex-A76"},
    {0xd0c, "Neoverse-N1"}, {0xd40, "Neoverse-V1"}, {0xd41, "Cortex-A78"},  {0xd46, "Cortex-A510"},
    {0xd47, "Cortex-A710"}, {0xd49, "Neoverse-N2"}, {0xd4d, "Cortex-A715"}, {0xd4f, "Neoverse-V2"},
    {0xd80, "Cortex-A520"}, {0xd81, "Cortex-A720"}};

std::string hex(std::uint32_t value) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (int shift = 8; shift >= 0; shift -= 4) out += kDigits[(value >> shift) & 15];
  return "0x" + out;
}

}  // namespace

std::span<const Isa> architecture_isas() { return kIsas; }

bool detect_isa(Isa isa) {
  switch (isa) {
    case Isa::scalar:
      return true;
    case Isa::neon:
      return hwcap(kHwcapAsimd);
    case Isa::dotprod:
      return hwcap(kHwcapAsimd | kHwcapAsimdDp);
    case Isa::i8mm:
      return hwcap(kHwcapAsimd | kHwcapAsimdDp) && hwcap2(kHwcap2I8mm);
    case Isa::sve:  // has dot products of its own: A64FX lacks those of NEON
      return hwcap(kHwcapSve);
    case Isa::sve_i8mm:
      return hwcap(kHwcapSve) && hwcap2(kHwcap2SveI8mm);
    case Isa::sme:
      return hwcap(kHwcapAsimdDp) && hwcap2(kHwcap2Sme | kHwcap2SmeI8I32);
    case Isa::sme2:
      return detect_isa(Isa::sme) && hwcap2(kHwcap2Sme2);
    default:
      return false;
  }
}

// SVE's vectors of 16 bytes do nothing that NEON's don't, in more instructions: it loads no pairs
// (docs/arm-kernels.md). The panels are the same.
bool is_outdone(Isa isa) {
  if (sve_vector_bytes() != 16) return false;
  return (isa == Isa::sve && detect_isa(Isa::dotprod)) ||
         (isa == Isa::sve_i8mm && detect_isa(Isa::i8mm));
}

std::int64_t sve_vector_bytes() {
  static const std::int64_t bytes = vector_bytes(kPrSveGetVl);
  return bytes;
}

std::int64_t sme_vector_bytes() {
  static const std::int64_t bytes = vector_bytes(kPrSmeGetVl);
  return bytes;
}

std::string cpu_model() {
  if (!hwcap(kHwcapCpuid)) return "aarch64";
  const std::uint64_t id = main_id();
  const auto implementer = static_cast<std::uint32_t>((id >> 24) & 0xff);
  const auto part = static_cast<std::uint32_t>((id >> 4) & 0xfff);
  if (implementer == 0x41) {
    for (const auto& [number, name] : kArmParts) {
      if (number == part) return std::string("Arm ") + name;
    }
  }
  return "aarch64 implementer " + hex(implementer) + " part " + hex(part);
}

std::string cpu_features() {
  const std::pair<bool, const char*> all[] = {
      {hwcap(kHwcapAsimd), "asimd"},         {hwcap(kHwcapAsimdDp), "asimddp"},
      {hwcap2(kHwcap2I8mm), "i8mm"},         {hwcap(kHwcapSve), "sve"},
      {hwcap2(kHwcap2SveI8mm), "svei8mm"},   {hwcap2(kHwcap2Sme), "sme"},
      {hwcap2(kHwcap2SmeI8I32), "smei8i32"}, {hwcap2(kHwcap2Sme2), "sme2"}};
  std::string out;
  for (const auto& [present, name] : all) {
    if (!present) continue;
    if (!out.empty()) out += ' ';
    out += name;
  }
  return out;
}

}  // namespace pincer::kernels::detail

#endif  // PINCER_ARM64
