#include "pincer/kernels/limits.h"

#include <algorithm>
#include <cassert>
#include <chrono>
#include <cstring>
#include <memory>
#include <vector>

#include "kernels/limits/huge_buffer.h"
#include "kernels/limits/race.h"

namespace pincer::kernels {

#define PINCER_PEAK(symbol, isa) std::int64_t symbol(std::int64_t turns) noexcept;
#define PINCER_READ(symbol, isa) \
  std::int32_t symbol(const std::uint8_t* data, std::int64_t bytes) noexcept;
#include "kernels/limits/kernels.inc"

namespace {

constexpr PeakKernel kPeak[] = {
#define PINCER_PEAK(symbol, isa) PeakKernel{#symbol, Isa::isa, symbol},
#include "kernels/limits/kernels.inc"
};

constexpr ReadKernel kRead[] = {
#define PINCER_READ(symbol, isa) ReadKernel{#symbol, Isa::isa, symbol},
#include "kernels/limits/kernels.inc"
};

// One run should take this long, up to twice: short enough to fit between disturbances, long enough
// to make starting together nothing. Kernels are timed by samples of the same length.
constexpr double kRunSeconds = 0.001;
constexpr std::int64_t kSmallestPiece = std::int64_t{1} << 20;

template <class Row>
const Row& best_row(std::span<const Row> rows, Isa isa) {
  return *std::ranges::find_if(rows, [isa](const Row& row) { return isa_allowed(row.isa, isa); });
}

template <class Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

std::span<const PeakKernel> peak_kernels() { return kPeak; }
std::span<const ReadKernel> read_kernels() { return kRead; }

double measure_int8_gmac_s(Isa isa, int threads) {
  assert(threads >= 1);
  const PeakFn peak = best_row<PeakKernel>(kPeak, isa).fn;
  std::int64_t turns = 1000;
  while (seconds_of([&] { peak(turns); }) < kRunSeconds) turns *= 2;
  const std::int64_t macs = peak(turns) * threads;
  const double seconds = detail::fastest_run(threads, [](int) {}, [&](int) { peak(turns); });
  return static_cast<double>(macs) / seconds * 1e-9;
}

double measure_read_gb_s(std::int64_t bytes_per_thread, int threads) {
  assert(threads >= 1 && bytes_per_thread >= 1);
  const ReadFn read = best_row<ReadKernel>(kRead, isa_choice().isa).fn;
  const std::int64_t bytes = (bytes_per_thread + 255) / 256 * 256;
  std::vector<std::unique_ptr<detail::HugeBuffer>> buffers;
  for (int thread = 0; thread < threads; ++thread) {
    buffers.push_back(std::make_unique<detail::HugeBuffer>(bytes));
    if (buffers.back()->data() == nullptr) return 0;
  }
  // Each thread touches its own memory first, which puts it on that thread's NUMA node.
  const auto touch = [&](int thread) {
    std::memset(buffers[static_cast<std::size_t>(thread)]->data(), 1,
                static_cast<std::size_t>(bytes));
  };
  touch(0);
  // A run reads `piece` bytes `passes` times; the next run reads what follows.
  std::int64_t passes = 1, piece = bytes;
  std::vector<std::int64_t> places(buffers.size());
  const auto stream = [&](int thread) {
    std::int64_t& at = places[static_cast<std::size_t>(thread)];
    if (at + piece > bytes) at = 0;
    const std::uint8_t* data = buffers[static_cast<std::size_t>(thread)]->data() + at;
    for (std::int64_t pass = 0; pass < passes; ++pass) read(data, piece);
    at += piece;
  };
  while (seconds_of([&] { stream(0); }) < kRunSeconds) passes *= 2;
  while (passes == 1 && piece > kSmallestPiece &&
         seconds_of([&] { stream(0); }) > 2 * kRunSeconds) {
    piece = piece / 2 / 256 * 256;
  }
  const double seconds = detail::fastest_run(threads, touch, stream);
  return static_cast<double>(piece * passes * threads) / seconds * 1e-9;
}

}  // namespace pincer::kernels
