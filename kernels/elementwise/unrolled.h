// A loop of a few turns that is gone before the compiler decides what lives in registers.
#pragma once

namespace pincer::kernels {
namespace {

// body(0) ... body(kCount - 1). gcc 12 keeps an array of registers in memory unless the loops over
// it are unrolled early, which takes the pragma; here it stands once.
template <int kCount, class Body>
[[gnu::always_inline]] inline void unrolled(Body body) {
#pragma GCC unroll 16
  for (int i = 0; i < kCount; ++i) body(i);
}

}  // namespace
}  // namespace pincer::kernels
