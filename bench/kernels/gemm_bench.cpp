// The matrix products, every kernel of this build that the CPU runs, and the limits to hold them
// against.
//
// gemm, gemv: GMAC/s counts m * n * k multiply-accumulates; GB/s counts the packed weights, read
// once per product. "warm": one matrix again and again, in cache as far as it fits; "cold":
// matrices take turns over 256 MiB, so that each is read from memory, as in decoding a large model.
// peak and read: what the machine can do at best.
#include <benchmark/benchmark.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/limits.h"
#include "pincer/kernels/pack.h"

namespace pincer::kernels {
namespace {

constexpr std::int64_t kColdBytes = std::int64_t{256} << 20;

struct Shape {
  std::int64_t m, n, k;
};
constexpr std::pair<std::int64_t, std::int64_t> kMatrices[] = {
    {576, 576}, {576, 1536}, {4096, 4096}};

// `copies` equal packed matrices of random quants, on huge pages.
class Weights {
 public:
  Weights(const Layout& layout, std::int64_t n, std::int64_t k, std::int64_t min_bytes)
      : header_(make_packed_header(layout, n, k)),
        stride_((static_cast<std::int64_t>(header_.bytes) + 4095) / 4096 * 4096),
        copies_(std::max<std::int64_t>(1, min_bytes / stride_)) {
    bytes_ = static_cast<std::size_t>(copies_ * stride_);
    void* mapped =
        mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
    data_ = static_cast<std::uint8_t*>(mapped);
    madvise(data_, bytes_, MADV_HUGEPAGE);
    std::mt19937 bits(1);
    const int bias = layout.offset ? 128 : 0;
    for (std::size_t i = sizeof header_; i < header_.bytes; ++i) {
      data_[i] = static_cast<std::uint8_t>(static_cast<int>(bits() % 255) - 127 + bias);
    }
    std::memcpy(data_, &header_, sizeof header_);
    const PackedMatrix w = view(0);
    for (std::int64_t p = 0; p < w.panels(); ++p) {
      auto* scales = const_cast<std::uint16_t*>(w.panel_scales(p));
      std::fill_n(scales, w.groups() * layout.nr, std::uint16_t{0x3c00});
    }
    for (std::int64_t i = 1; i < copies_; ++i)
      std::memcpy(data_ + i * stride_, data_, header_.bytes);
  }
  Weights(const Weights&) = delete;
  Weights& operator=(const Weights&) = delete;
  ~Weights() { munmap(data_, bytes_); }

  PackedMatrix view(std::int64_t i) const {
    return {reinterpret_cast<const PackedHeader*>(data_ + i * stride_)};
  }
  std::int64_t copies() const { return copies_; }
  std::int64_t matrix_bytes() const { return static_cast<std::int64_t>(header_.bytes); }

 private:
  PackedHeader header_;
  std::int64_t stride_, copies_;
  std::size_t bytes_ = 0;
  std::uint8_t* data_ = nullptr;
};

using benchmark::Counter;

void add_counters(benchmark::State& state, const Shape& shape, std::int64_t weight_bytes) {
  const auto per_second = [&state](std::int64_t each) {
    return Counter(static_cast<double>(each) * 1e-9 * static_cast<double>(state.iterations()),
                   Counter::kIsRate);
  };
  state.counters["GMAC/s"] = per_second(shape.m * shape.n * shape.k);
  state.counters["GB/s"] = per_second(weight_bytes);
}

void run_int8(benchmark::State& state, const GemmKernel& kernel, Shape shape, std::uint16_t group,
              bool cold) {
  const Layout layout = kernel.shape.layout(group);
  const Weights weights(layout, shape.n, shape.k, cold ? kColdBytes : 0);
  const PackedMatrix first = weights.view(0);
  const std::int64_t groups = first.groups();
  std::mt19937 bits(2);
  const std::int64_t ir = kernel.ir, padded_m = (shape.m + ir - 1) / ir * ir;
  std::vector<std::int8_t> a(static_cast<std::size_t>(padded_m * first.k_padded()));
  for (std::int8_t& q : a) q = static_cast<std::int8_t>(bits());
  const std::vector<float> scale(static_cast<std::size_t>(shape.m * groups), 0.01f);
  const std::vector<std::int32_t> correction(scale.size());
  std::vector<float> c(static_cast<std::size_t>(shape.m * shape.n));
  GemmArgs args{.a = {.q = a.data(),
                      .stride = first.k_padded(),
                      .scale = scale.data(),
                      .correction = correction.data(),
                      .groups = groups,
                      .rows = shape.m,
                      .ir = ir},
                .w = first,
                .c = c.data(),
                .c_stride = shape.n,
                .m_end = shape.m,
                .panel_end = first.panels()};
  std::int64_t turn = 0;
  for (auto _ : state) {
    args.w = weights.view(turn);
    turn = (turn + 1) % weights.copies();
    kernel.fn(args);
    benchmark::ClobberMemory();
  }
  add_counters(state, shape, weights.matrix_bytes());
}

void run_f32(benchmark::State& state, const GemmF32Kernel& kernel, Shape shape) {
  std::vector<float> a(static_cast<std::size_t>(shape.m * shape.k), 0.5f);
  std::vector<float> w(static_cast<std::size_t>(shape.n * shape.k), 0.25f);
  std::vector<float> c(static_cast<std::size_t>(shape.m * shape.n));
  const GemmF32Args args{.a = {a.data(), shape.m, shape.k, shape.k},
                         .w = {w.data(), shape.n, shape.k, shape.k},
                         .c = {c.data(), shape.m, shape.n, shape.n},
                         .m_end = shape.m,
                         .n_end = shape.n};
  for (auto _ : state) {
    kernel.fn(args);
    benchmark::ClobberMemory();
  }
  add_counters(state, shape, shape.n * shape.k * 4);
}

std::string name_of(std::string_view kernel, const Shape& shape, const std::string& rest) {
  return std::string(kernel) + "/" + std::to_string(shape.m) + "x" + std::to_string(shape.n) + "x" +
         std::to_string(shape.k) + rest;
}

void register_int8(const GemmKernel& kernel, Shape shape) {
  for (const std::uint16_t group : {32, 0}) {
    for (const bool cold : {false, true}) {
      // The same matrix for many rows stays in cache anyway.
      if (cold && shape.m > 16) continue;
      const std::string name = name_of(
          kernel.name, shape, "/group:" + std::to_string(group) + (cold ? "/cold" : "/warm"));
      benchmark::RegisterBenchmark(name.c_str(),
                                   [&kernel, shape, group, cold](benchmark::State& state) {
                                     run_int8(state, kernel, shape, group, cold);
                                   });
    }
  }
}

void register_limits() {
  for (const PeakKernel& row : peak_kernels()) {
    if (!cpu_supports(row.isa)) continue;
    benchmark::RegisterBenchmark(std::string(row.name).c_str(), [&row](benchmark::State& state) {
      std::int64_t macs = 0;
      for (auto _ : state) macs += row.fn(100000);
      state.counters["GMAC/s"] = Counter(static_cast<double>(macs) * 1e-9, Counter::kIsRate);
    });
  }
  for (const std::int64_t kib : {16, 512, 8192, 131072}) {
    const std::string name = "read/" + std::to_string(kib) + "KiB";
    benchmark::RegisterBenchmark(name.c_str(), [kib](benchmark::State& state) {
      double gb_s = 0;
      for (auto _ : state) gb_s = std::max(gb_s, measure_read_gb_s(kib * 1024, 1));
      state.counters["GB/s"] = gb_s;
    })->Iterations(1);
  }
}

// Before main, which benchmark_main provides.
const bool kRegistered = [] {
  register_limits();
  for (const auto& [n, k] : kMatrices) {
    for (const GemmKernel& kernel : gemv_kernels()) {
      if (cpu_supports(kernel.isa)) register_int8(kernel, {1, n, k});
    }
    for (const std::int64_t m : {4, 16, 512}) {
      for (const GemmKernel& kernel : gemm_kernels()) {
        if (cpu_supports(kernel.isa)) register_int8(kernel, {m, n, k});
      }
      for (const GemmF32Kernel& kernel : gemm_f32_kernels()) {
        if (!cpu_supports(kernel.isa)) continue;
        const Shape shape{m, n, k};
        benchmark::RegisterBenchmark(
            name_of(kernel.name, shape, "").c_str(),
            [&kernel, shape](benchmark::State& state) { run_f32(state, kernel, shape); });
      }
    }
  }
  return true;
}();

}  // namespace
}  // namespace pincer::kernels
