// Calls one kernel, for counting its instructions under an emulator (count.py).
//
//   count_driver                               lists the kernels: operation, name, family
//   count_driver NAME M N K GROUP CALLS        calls NAME so often; GROUP 0: a scale per channel.
//                                              Attention: M rows, N keys, heads of K; GROUP is 0
//
// Two runs that differ by one call differ by what the call executed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "pincer/kernels/attention_s8.h"
#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/pack.h"

namespace pincer::kernels {
namespace {

struct Shape {
  std::int64_t m, n, k;
  std::uint16_t group;
};

template <class Row>
void list(const char* operation, std::span<const Row> rows) {
  for (const Row& row : rows) {
    std::printf("%s %s %s\n", operation, std::string(row.name).c_str(),
                std::string(isa_name(row.isa)).c_str());
  }
}

// Zeros all over: no kernel looks at the values.
void call(const GemmKernel& kernel, const Shape& s, int calls) {
  const PackedHeader header = make_packed_header(kernel.shape.layout(s.group), s.n, s.k);
  std::vector<PackedHeader> packed((header.bytes + sizeof header - 1) / sizeof header);
  packed[0] = header;
  const PackedMatrix w{packed.data()};
  const std::int64_t groups = w.groups(), rows = (s.m + kernel.ir - 1) / kernel.ir * kernel.ir;
  const std::vector<std::int8_t> q(static_cast<std::size_t>(rows * w.k_padded()));
  const std::vector<float> scale(static_cast<std::size_t>(s.m * groups));
  const std::vector<std::int32_t> correction(scale.size());
  std::vector<float> c(static_cast<std::size_t>(s.m * s.n));
  for (int i = 0; i < calls; ++i) {
    kernel.fn({.a = {.q = q.data(),
                     .stride = w.k_padded(),
                     .scale = scale.data(),
                     .correction = correction.data(),
                     .groups = groups,
                     .rows = s.m,
                     .ir = kernel.ir,
                     .ik = kernel.ik},
               .w = w,
               .c = c.data(),
               .c_stride = s.n,
               .m_end = s.m,
               .panel_end = w.panels()});
  }
}

// Numbers in -127 .. 127, always the same (Numerical Recipes' linear congruential generator).
class Source {
 public:
  std::int8_t next() {
    state_ = state_ * 1664525u + 1013904223u;
    return static_cast<std::int8_t>(static_cast<int>((state_ >> 16) % 255) - 127);
  }

 private:
  std::uint32_t state_ = 1;
};

// Random values, of which a row's largest score moves up now and then. All rows see all keys.
void call(const AttentionS8Kernel& kernel, const Shape& s, int calls) {
  const auto rows = static_cast<int>(s.m), head_dim = static_cast<int>(s.k);
  Source source;
  std::vector<float> q(static_cast<std::size_t>(s.m * s.k)), out(q.size());
  for (float& x : q) x = static_cast<float>(source.next()) / 64.0f;
  const std::int64_t count = (s.n + kKvBlockTokens - 1) / kKvBlockTokens;
  struct alignas(64) Line {
    std::uint8_t bytes[64];
  };
  const auto lines = static_cast<std::size_t>(kv_block_bytes(head_dim)) / sizeof(Line);
  std::vector<Line> memory(lines * static_cast<std::size_t>(count));
  std::vector<const std::uint8_t*> blocks;
  for (std::int64_t b = 0; b < count; ++b) {
    std::uint8_t* block = memory[static_cast<std::size_t>(b) * lines].bytes;
    for (int slot = 0; slot < kKvBlockTokens; ++slot) {
      std::int8_t k[kMaxHeadDim], v[kMaxHeadDim];
      for (int d = 0; d < head_dim; ++d) k[d] = source.next(), v[d] = source.next();
      write_kv(kernel.shape, head_dim, slot, k, 1 / 64.0f, v, 1 / 64.0f, block);
    }
    blocks.push_back(block);
  }
  std::vector<std::int64_t> offset;
  for (std::int64_t r = 0; r < s.m; ++r) offset.push_back(r * s.k);
  const std::vector<std::int32_t> end(static_cast<std::size_t>(s.m),
                                      static_cast<std::int32_t>(s.n));
  for (int i = 0; i < calls; ++i) {
    kernel.fn({.q = q.data(),
               .q_offset = offset.data(),
               .kv_end = end.data(),
               .rows = rows,
               .blocks = blocks.data(),
               .head_dim = head_dim,
               .scale = 0.125f,
               .out = out.data()});
  }
}

// Calls `name` if the list has it.
template <class Row>
bool call_named(std::span<const Row> rows, std::string_view name, const Shape& shape, int calls) {
  for (const Row& row : rows) {
    if (row.name != name) continue;
    call(row, shape, calls);
    return true;
  }
  return false;
}

int run(int count, char** arguments) {
  if (count == 1) {
    list("gemm", gemm_kernels());
    list("gemv", gemv_kernels());
    list("attention", attention_s8_kernels());
    return 0;
  }
  if (count != 7) return 2;
  const Shape shape{std::atoll(arguments[2]), std::atoll(arguments[3]), std::atoll(arguments[4]),
                    static_cast<std::uint16_t>(std::atoi(arguments[5]))};
  const std::string_view name = arguments[1];
  const int calls = std::atoi(arguments[6]);
  if (call_named(gemm_kernels(), name, shape, calls)) return 0;
  if (call_named(gemv_kernels(), name, shape, calls)) return 0;
  if (call_named(attention_s8_kernels(), name, shape, calls)) return 0;
  return 3;
}

}  // namespace
}  // namespace pincer::kernels

int main(int count, char** arguments) { return pincer::kernels::run(count, arguments); }
