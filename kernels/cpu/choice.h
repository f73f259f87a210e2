// PINCER_FORCE_ISA turned into a choice: pure, so that tests can play any CPU.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "pincer/kernels/cpu.h"

namespace pincer::kernels::detail {

// `forced`: the variable's value; nullopt or empty means that it is not set. `known`: the families
// of the architecture, ascending, scalar first. `supports` is asked from the top down, and never
// about a family above a valid forced one. With an error the best supported family is chosen,
// unforced.
// Without a wish, the best one that is `preferred`; null: that is supported.
IsaChoice resolve_isa(std::optional<std::string_view> forced, std::span<const Isa> known,
                      bool (*supports)(Isa), bool (*preferred)(Isa) = nullptr);

}  // namespace pincer::kernels::detail
