// What the hardware offers: one implementation per architecture, behind the public questions of
// cpu.h.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "pincer/kernels/cpu.h"

namespace pincer::kernels::detail {

// The families of this architecture, ascending.
std::span<const Isa> architecture_isas();
// This CPU and operating system run `isa`, a family of this architecture. Constant for the life of
// the process; may ask the operating system for permission (AMX), hence call it for what is wanted
// only.
bool detect_isa(Isa isa);
// A smaller family of this CPU has the better kernels for all that `isa`, which it has, has any
// for.
bool is_outdone(Isa isa);
// Bytes in a vector of SVE, and of SME's streaming mode; 0 where there is none.
std::int64_t sve_vector_bytes();
std::int64_t sme_vector_bytes();
// "AMD EPYC 9R14".
std::string cpu_model();
// Names of the features that dispatch looks at, those present, blank between them: "avx2 fma
// avx512f".
std::string cpu_features();

}  // namespace pincer::kernels::detail
