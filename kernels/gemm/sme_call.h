// From the ordinary mode to SME's streaming mode and back.
#pragma once

#include <cstdint>

namespace pincer::kernels {
namespace {

// function(argument) in streaming mode. A function that is "locally streaming" does the same, but
// clang 19 tells unwinders its caller's vector length then, by a routine that gcc 12's libgcc
// lacks. Entering and leaving the mode zeroes all vector registers, hence the list.
inline void call_streaming(void (*function)(const void*) __arm_streaming, const void* argument) {
  register const void* x0 asm("x0") = argument;
  asm volatile(
      "smstart sm\n"
      "blr %[function]\n"
      "smstop sm\n"
      : "+r"(x0)
      : [function] "r"(function)
      : "x1", "x2", "x3", "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
        "x15", "x16", "x17", "x18", "x30", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8",
        "v9", "v10", "v11", "v12", "v13", "v14", "v15", "v16", "v17", "v18", "v19", "v20", "v21",
        "v22", "v23", "v24", "v25", "v26", "v27", "v28", "v29", "v30", "v31", "cc", "memory");
}

}  // namespace
}  // namespace pincer::kernels
