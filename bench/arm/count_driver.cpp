// Calls one kernel, for counting its instructions under an emulator (count.py).
//
//   count_driver                               lists the kernels: operation, name, family
//   count_driver NAME M N K GROUP CALLS        calls NAME so often; GROUP 0: a scale per channel
//
// Two runs that differ by one call differ by what the call executed.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>
#include <vector>

#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/pack.h"

namespace pincer::kernels {
namespace {

struct Shape {
  std::int64_t m, n, k;
  std::uint16_t group;
};

void list(const char* operation, std::span<const GemmKernel> rows) {
  for (const GemmKernel& row : rows) {
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

int run(int count, char** arguments) {
  if (count == 1) {
    list("gemm", gemm_kernels());
    list("gemv", gemv_kernels());
    return 0;
  }
  if (count != 7) return 2;
  const Shape shape{std::atoll(arguments[2]), std::atoll(arguments[3]), std::atoll(arguments[4]),
                    static_cast<std::uint16_t>(std::atoi(arguments[5]))};
  for (const std::span<const GemmKernel> rows : {gemm_kernels(), gemv_kernels()}) {
    for (const GemmKernel& row : rows) {
      if (row.name != arguments[1]) continue;
      call(row, shape, std::atoi(arguments[6]));
      return 0;
    }
  }
  return 3;
}

}  // namespace
}  // namespace pincer::kernels

int main(int count, char** arguments) { return pincer::kernels::run(count, arguments); }
