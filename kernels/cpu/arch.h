// The architecture this is compiled for. Only the CPU detection and the kernels.inc lists may ask.
#pragma once

#if defined(__x86_64__)
#define PINCER_X86 1
#else
#define PINCER_X86 0
#endif

#if defined(__aarch64__)
#define PINCER_ARM64 1
#else
#define PINCER_ARM64 0
#endif

// 1 by the build's definition when it has a compiler that knows SME.
#if !defined(PINCER_SME)
#define PINCER_SME 0
#endif
