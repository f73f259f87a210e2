// CPUID and XGETBV: Intel SDM volume 1, chapter 14 (AVX, AVX-512) and 18 (AMX); AMD APM volume 3,
// appendix E.
#include "kernels/cpu/arch.h"

#if PINCER_X86

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "kernels/cpu/detect.h"

namespace pincer::kernels::detail {
namespace {

struct Registers {
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
};

Registers cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  Registers r;
  // Answers false, and leaves zeros, for a leaf that this CPU does not have.
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

// Which register states the operating system saves at a context switch. Only legal with OSXSAVE.
// Assembly, because the intrinsic needs a compiler flag that a file which runs on every CPU must
// not have.
std::uint64_t xcr0() {
  std::uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low | (static_cast<std::uint64_t>(high) << 32);
}

struct Features {
  bool avx2 = false, fma = false, f16c = false, avxvnni = false;
  bool avx512f = false, avx512cd = false, avx512bw = false, avx512dq = false, avx512vl = false;
  bool avx512vnni = false;
  bool amx_tile = false, amx_int8 = false;
};

bool bit(std::uint32_t value, int index) { return (value >> index) & 1; }

Features read_features() {
  Features f;
  const Registers leaf1 = cpuid(1, 0);
  if (!bit(leaf1.ecx, 27)) return f;  // OSXSAVE
  const std::uint64_t saved = xcr0();
  const bool ymm = (saved & 0x6) == 0x6;            // SSE, AVX
  const bool zmm = ymm && (saved & 0xe0) == 0xe0;   // opmask, upper halves, zmm16-31
  const bool tiles = (saved & 0x60000) == 0x60000;  // XTILECFG, XTILEDATA
  const Registers leaf7 = cpuid(7, 0);
  const Registers leaf7_1 = leaf7.eax >= 1 ? cpuid(7, 1) : Registers{};
  f.fma = ymm && bit(leaf1.ecx, 12);
  f.f16c = ymm && bit(leaf1.ecx, 29);
  f.avx2 = ymm && bit(leaf7.ebx, 5);
  f.avxvnni = ymm && bit(leaf7_1.eax, 4);
  f.avx512f = zmm && bit(leaf7.ebx, 16);
  f.avx512dq = zmm && bit(leaf7.ebx, 17);
  f.avx512cd = zmm && bit(leaf7.ebx, 28);
  f.avx512bw = zmm && bit(leaf7.ebx, 30);
  f.avx512vl = zmm && bit(leaf7.ebx, 31);
  f.avx512vnni = zmm && bit(leaf7.ecx, 11);
  f.amx_tile = tiles && bit(leaf7.edx, 24);
  f.amx_int8 = tiles && bit(leaf7.edx, 25);
  return f;
}

const Features& features() {
  static const Features f = read_features();
  return f;
}

// Linux gives tile data only to processes that ask (Documentation/arch/x86/xstate.rst). Asking
// enlarges every later signal frame of the process, so it is done only when AMX is wanted.
bool amx_permitted() {
  static const bool permitted = [] {
    constexpr int kArchReqXcompPerm = 0x1023;
    constexpr int kXfeatureTileData = 18;
    return syscall(SYS_arch_prctl, kArchReqXcompPerm, kXfeatureTileData) == 0;
  }();
  return permitted;
}

constexpr std::array kIsas = {Isa::scalar, Isa::avx2,       Isa::avxvnni,
                              Isa::avx512, Isa::avx512vnni, Isa::amx};

}  // namespace

std::span<const Isa> architecture_isas() { return kIsas; }

bool detect_isa(Isa isa) {
  const Features& f = features();
  const bool avx2 = f.avx2 && f.fma && f.f16c;
  const bool avx512 = avx2 && f.avx512f && f.avx512cd && f.avx512bw && f.avx512dq && f.avx512vl;
  switch (isa) {
    case Isa::scalar:
      return true;
    case Isa::avx2:
      return avx2;
    case Isa::avxvnni:
      return avx2 && f.avxvnni;
    case Isa::avx512:
      return avx512;
    case Isa::avx512vnni:
      return avx512 && f.avx512vnni;
    case Isa::amx:
      return avx512 && f.avx512vnni && f.amx_tile && f.amx_int8 && amx_permitted();
    default:
      return false;
  }
}

bool is_outdone(Isa) { return false; }

std::int64_t sve_vector_bytes() { return 0; }
std::int64_t sme_vector_bytes() { return 0; }

std::string cpu_model() {
  if (cpuid(0x80000000, 0).eax < 0x80000004) return "x86-64";
  std::array<char, 49> brand{};
  for (std::uint32_t i = 0; i < 3; ++i) {
    const Registers r = cpuid(0x80000002 + i, 0);
    std::memcpy(brand.data() + i * sizeof r, &r, sizeof r);
  }
  std::string name(brand.data());
  const std::size_t first = name.find_first_not_of(' ');
  if (first == std::string::npos) return "x86-64";
  return name.substr(first, name.find_last_not_of(' ') - first + 1);
}

std::string cpu_features() {
  const Features& f = features();
  const std::pair<bool, const char*> all[] = {
      {f.avx2, "avx2"},         {f.fma, "fma"},
      {f.f16c, "f16c"},         {f.avxvnni, "avx_vnni"},
      {f.avx512f, "avx512f"},   {f.avx512cd, "avx512cd"},
      {f.avx512bw, "avx512bw"}, {f.avx512dq, "avx512dq"},
      {f.avx512vl, "avx512vl"}, {f.avx512vnni, "avx512_vnni"},
      {f.amx_tile, "amx_tile"}, {f.amx_int8, "amx_int8"},
  };
  std::string out = "sse2";
  for (const auto& [present, name] : all) {
    if (present) out += std::string(" ") + name;
  }
  return out;
}

}  // namespace pincer::kernels::detail

#endif  // PINCER_X86
