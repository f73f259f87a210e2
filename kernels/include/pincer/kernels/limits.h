// What this machine can do at best, measured: the denominators of every "share of the limit" that
// Pincer prints.
//
// A call takes about 0.2 s of `threads` busy threads (plus the time to touch the memory) and
// returns the best of many short repetitions, so that a passing disturbance does not count.
// Thread-safe, but concurrent calls disturb each other.
#pragma once

#include <cstdint>
#include <span>

#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels {

// Multiplies and accumulates s8 in registers only, `turns` times over; returns the number of MACs
// done.
using PeakFn = std::int64_t (*)(std::int64_t turns) noexcept;
// Adds up `bytes` (a multiple of 256) at `data` (64-byte aligned), so that each must be read.
using ReadFn = std::int32_t (*)(const std::uint8_t* data, std::int64_t bytes) noexcept;
using PeakKernel = Kernel<PeakFn>;
using ReadKernel = Kernel<ReadFn>;

std::span<const PeakKernel> peak_kernels();  // best first; the rows of kernels/limits/kernels.inc
std::span<const ReadKernel> read_kernels();

// INT8 multiply-accumulates, in 10^9 per second, of all threads together, with the best
// instructions of this build allowed under `isa`.
double measure_int8_gmac_s(Isa isa, int threads);

// A size that is past the last-level cache of common machines: what reads it reads memory.
inline constexpr std::int64_t kMemoryBytes = std::int64_t{128} << 20;

// Bytes read, in 10^9 per second, of all threads together: each streams over its own
// `bytes_per_thread` again and again, on huge pages where the system grants them. 0 when the memory
// cannot be had.
double measure_read_gb_s(std::int64_t bytes_per_thread, int threads);

}  // namespace pincer::kernels
