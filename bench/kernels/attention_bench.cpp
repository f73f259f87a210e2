// Attention over a blocked KV cache and the row operations, every kernel of this build that the CPU
// runs.
//
// attention: items are MACs, 2 * rows * kv * head_dim, so items_per_second is MAC/s; bytes are K
// and V, once. kv is the same for all rows. Decode is the 3 query heads of one KV head, prefill 64
// tokens of them. `caches` KV heads take turns: with 1 the K and V of a short row are warm, with 24
// of 2 MiB each they come from memory. elementwise: bytes are what the operation reads and writes
// once.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/kernel_table.h"

namespace pincer::kernels {
namespace {

std::vector<float> random_floats(std::size_t n, unsigned seed) {
  std::mt19937 bits(seed);
  std::vector<float> values(n);
  for (float& v : values) v = static_cast<float>(bits()) * 0x1p-31f - 1.0f;
  return values;
}

struct AttentionShape {
  int rows, kv, head_dim, caches;
};

// The K or the V of one KV head: blocks in one piece of memory.
struct Blocks {
  Blocks(const AttentionShape& shape, unsigned seed)
      : floats(random_floats(count(shape) * block_floats(shape), seed)) {
    for (std::size_t b = 0; b < count(shape); ++b) {
      blocks.push_back(floats.data() + b * block_floats(shape));
    }
  }
  static std::size_t count(const AttentionShape& shape) {
    return static_cast<std::size_t>((shape.kv + kKvBlockTokens - 1) / kKvBlockTokens);
  }
  static std::size_t block_floats(const AttentionShape& shape) {
    return static_cast<std::size_t>(kKvBlockTokens) * shape.head_dim;
  }
  std::vector<float> floats;
  std::vector<const float*> blocks;
};

void run_attention(benchmark::State& state, AttentionFn attention, const AttentionShape& shape) {
  const auto [rows, kv, head_dim, caches] = shape;
  const std::vector<float> q = random_floats(static_cast<std::size_t>(rows) * head_dim, 1);
  std::vector<float> out(q.size());
  std::vector<std::int64_t> offsets(rows);
  for (int r = 0; r < rows; ++r) offsets[r] = static_cast<std::int64_t>(r) * head_dim;
  const std::vector<std::int32_t> lengths(rows, kv);
  std::vector<Blocks> k, v;
  for (int c = 0; c < caches; ++c) {
    k.emplace_back(shape, 2 + c);
    v.emplace_back(shape, 1000 + c);
  }
  float* scratch =
      static_cast<float*>(std::aligned_alloc(64, attention_scratch_floats(kv) * sizeof(float)));
  AttentionArgs args{.q = q.data(),
                     .q_offset = offsets.data(),
                     .kv_len = lengths.data(),
                     .rows = rows,
                     .head_dim = head_dim,
                     .scale = 0.125f,
                     .out = out.data(),
                     .scratch = scratch};
  int cache = 0;
  for (auto _ : state) {
    args.k_blocks = k[cache].blocks.data();
    args.v_blocks = v[cache].blocks.data();
    attention(args);
    benchmark::ClobberMemory();
    cache = (cache + 1) % caches;
  }
  std::free(scratch);
  const std::int64_t pairs = std::int64_t{2} * kv * head_dim;
  state.SetItemsProcessed(state.iterations() * rows * pairs);
  state.SetBytesProcessed(state.iterations() * pairs * static_cast<std::int64_t>(sizeof(float)));
}

// A row of n floats through one operation of a table.
struct RowBuffers {
  explicit RowBuffers(std::int64_t n)
      : x(random_floats(n, 4)), y(random_floats(n, 5)), out(n), q(n), scale(n), correction(n) {}
  std::vector<float> x, y, out;
  std::vector<std::int8_t> q;
  std::vector<float> scale;
  std::vector<std::int32_t> correction;
};

template <class Operation>
void register_row(const ElementwiseKernel& kernel, const std::string& operation_name,
                  std::int64_t n, std::int64_t bytes_per_element, Operation operation) {
  const std::string name =
      std::string(kernel.name) + "/" + operation_name + "/n:" + std::to_string(n);
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    RowBuffers row(n);
    for (auto _ : state) {
      operation(row);
      benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(state.iterations() * n * bytes_per_element);
  });
}

void register_elementwise(const ElementwiseKernel& kernel, std::int64_t n) {
  const ElementwiseTable* t = kernel.fn;
  register_row(kernel, "rms_norm", n, 12,
               [=](RowBuffers& b) { t->rms_norm(b.x.data(), b.y.data(), 1e-5f, n, b.out.data()); });
  register_row(kernel, "softmax", n, 8, [=](RowBuffers& b) { t->softmax(b.x.data(), n); });
  register_row(kernel, "rope", n, 8, [=](RowBuffers& b) {
    t->rope(b.x.data(), b.y.data(), b.y.data() + 32, n / 64, 64, 64);
  });
  register_row(kernel, "silu_mul", n, 12,
               [=](RowBuffers& b) { t->silu_mul(b.x.data(), b.y.data(), n, b.out.data()); });
  register_row(kernel, "gelu_mul", n, 12,
               [=](RowBuffers& b) { t->gelu_mul(b.x.data(), b.y.data(), n, b.out.data()); });
  register_row(kernel, "add", n, 12, [=](RowBuffers& b) { t->add(b.out.data(), b.y.data(), n); });
  for (const std::int64_t group : {0, 32}) {
    register_row(
        kernel, group == 0 ? "quantize_row" : "quantize_row_group32", n, 5, [=](RowBuffers& b) {
          t->quantize_row(b.x.data(), n, n, group, b.q.data(), b.scale.data(), b.correction.data());
        });
  }
}

void register_attention(const AttentionKernel& kernel) {
  for (const AttentionShape s : {AttentionShape{3, 512, 64, 1},
                                 {3, 4096, 64, 1},
                                 {3, 4096, 64, 24},
                                 {7, 4096, 64, 24},
                                 {192, 512, 64, 1},
                                 {192, 4096, 64, 1}}) {
    const std::string name = std::string(kernel.name) + "/rows:" + std::to_string(s.rows) +
                             "/kv:" + std::to_string(s.kv) +
                             "/head_dim:" + std::to_string(s.head_dim) +
                             "/caches:" + std::to_string(s.caches);
    benchmark::RegisterBenchmark(name.c_str(), [=, fn = kernel.fn](benchmark::State& state) {
      run_attention(state, fn, s);
    });
  }
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const AttentionKernel& kernel : attention_kernels()) {
    if (cpu_supports(kernel.isa)) register_attention(kernel);
  }
  for (const ElementwiseKernel& kernel : elementwise_kernels()) {
    if (!cpu_supports(kernel.isa)) continue;
    register_elementwise(kernel, 576);
    register_elementwise(kernel, 1536);
  }
  return true;
}();

}  // namespace
}  // namespace pincer::kernels
