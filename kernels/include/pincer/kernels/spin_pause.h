// The CPU's hint that a thread waits in a loop.
#pragma once

namespace pincer::kernels {

// Some tens of cycles that leave the core's resources, and its power, to its other thread.
void spin_pause() noexcept;

}  // namespace pincer::kernels
