#include "pincer/kernels/spin_pause.h"

namespace pincer::kernels {

void spin_pause() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb");  // waits about as long as x86's pause; `yield` does nothing on most cores
#endif
}

}  // namespace pincer::kernels
