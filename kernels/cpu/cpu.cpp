#include "pincer/kernels/cpu.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "kernels/cpu/choice.h"
#include "kernels/cpu/detect.h"

namespace pincer::kernels {
namespace {

// Indexed by Isa.
constexpr std::array<std::string_view, 13> kNames = {
    "scalar",  "avx2", "avxvnni", "avx512",   "avx512vnni", "amx", "neon",
    "dotprod", "i8mm", "sve",     "sve_i8mm", "sme",        "sme2"};
static_assert(static_cast<std::size_t>(Isa::sme2) + 1 == kNames.size());

bool worth_choosing(Isa isa) { return cpu_supports(isa) && !detail::is_outdone(isa); }

}  // namespace

std::string_view isa_name(Isa isa) { return kNames[static_cast<std::size_t>(isa)]; }

std::optional<Isa> parse_isa(std::string_view name) {
  const auto it = std::ranges::find(kNames, name);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Isa>(it - kNames.begin());
}

std::vector<Isa> known_isas() {
  const auto isas = detail::architecture_isas();
  return {isas.begin(), isas.end()};
}

bool cpu_supports(Isa isa) {
  const auto isas = detail::architecture_isas();
  return std::ranges::find(isas, isa) != isas.end() && detail::detect_isa(isa);
}

const IsaChoice& isa_choice() {
  static const IsaChoice choice = [] {
    const char* value = std::getenv("PINCER_FORCE_ISA");
    return detail::resolve_isa(value ? std::optional<std::string_view>(value) : std::nullopt,
                               detail::architecture_isas(), cpu_supports, worth_choosing);
  }();
  return choice;
}

bool isa_allowed(Isa isa, Isa limit) {
  return isa == limit ? cpu_supports(isa) : isa < limit && worth_choosing(isa);
}

std::string cpu_description() { return detail::cpu_model() + " (" + detail::cpu_features() + ")"; }

}  // namespace pincer::kernels
