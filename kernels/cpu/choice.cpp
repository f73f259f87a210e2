#include "kernels/cpu/choice.h"

#include <algorithm>
#include <string>

namespace pincer::kernels::detail {
namespace {

Isa best_supported(std::span<const Isa> known, bool (*supports)(Isa)) {
  for (std::size_t i = known.size(); i > 0; --i) {
    if (supports(known[i - 1])) return known[i - 1];
  }
  return Isa::scalar;
}

std::string possible_here(std::span<const Isa> known, bool (*supports)(Isa)) {
  std::string out;
  for (const Isa isa : known) {
    if (!supports(isa)) continue;
    if (!out.empty()) out += ", ";
    out += isa_name(isa);
  }
  return out;
}

}  // namespace

IsaChoice resolve_isa(std::optional<std::string_view> forced, std::span<const Isa> known,
                      bool (*supports)(Isa), bool (*preferred)(Isa)) {
  IsaChoice choice;
  if (preferred == nullptr) preferred = supports;
  if (!forced || forced->empty()) {
    choice.isa = best_supported(known, preferred);
    return choice;
  }
  const std::optional<Isa> isa = parse_isa(*forced);
  if (isa && std::ranges::find(known, *isa) != known.end() && supports(*isa)) {
    choice.isa = *isa;
    choice.forced = true;
    return choice;
  }
  choice.isa = best_supported(known, preferred);
  choice.error = "PINCER_FORCE_ISA=" + std::string(*forced) +
                 (isa ? ": this machine does not support it" : ": unknown kernel family") +
                 "; possible here: " + possible_here(known, supports);
  return choice;
}

}  // namespace pincer::kernels::detail
