// What the tests of the row operations share: rows that end at guard pages, and a fixture for every
// table of this build.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>

#include "pincer/kernels/cpu.h"
#include "pincer/kernels/kernel_table.h"
#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::kernels::test {

using namespace pincer::test;

using Row = GuardedBuffer<float>;

inline constexpr std::int64_t kLengths[] = {0, 1, 2, 15, 16, 17, 31, 32, 33, 97, 251, 576, 1009};
// Half the distance from 1 to the next float: the error of one rounding.
inline constexpr double kU = 0x1p-24;

inline Row random_row(FloatSource& source, std::int64_t n, float scale = 1.0f) {
  Row row(static_cast<std::size_t>(n));
  for (float& v : row) v = source.next(scale);
  return row;
}
inline Row copy_of(const Row& row) {
  return guarded_copy(std::span<const float>(row.data(), row.size()));
}
inline bool same_floats(const Row& a, const Row& b) {
  return same_bytes<float>({a.data(), a.size()}, {b.data(), b.size()});
}

// What a row of k floats is quantized to; filled with what no operation writes.
struct Quants {
  Quants(std::int64_t k, std::int64_t k_padded, std::int64_t k_group)
      : padded(k_padded), group(k_group), q(static_cast<std::size_t>(k_padded)) {
    const auto groups = static_cast<std::size_t>(group == 0 ? 1 : (k + group - 1) / group);
    scale = Row(groups);
    correction = GuardedBuffer<std::int32_t>(groups);
    std::fill(q.begin(), q.end(), std::int8_t{99});
  }
  RowQuants to() { return {padded, group, q.data(), scale.data(), correction.data()}; }
  bool operator==(const Quants& other) const {
    return std::ranges::equal(q, other.q) && same_floats(scale, other.scale) &&
           std::ranges::equal(correction, other.correction);
  }

  std::int64_t padded, group;
  GuardedBuffer<std::int8_t> q;
  Row scale;
  GuardedBuffer<std::int32_t> correction;
};

// quantize_row of x, padded to a multiple of 32.
inline Quants quantized(const ElementwiseTable& table, const Row& x, std::int64_t group) {
  const auto k = static_cast<std::int64_t>(x.size());
  Quants out(k, (k + 31) / 32 * 32, group);
  table.quantize_row(x.data(), k, out.padded, group, out.q.data(), out.scale.data(),
                     out.correction.data());
  return out;
}

class ElementwiseTest : public testing::TestWithParam<ElementwiseKernel> {
 protected:
  void SetUp() override {
    if (!cpu_supports(GetParam().isa)) {
      GTEST_SKIP() << GetParam().name << " needs " << isa_name(GetParam().isa)
                   << ", which this CPU lacks";
    }
  }
  const ElementwiseTable& table() const { return *GetParam().fn; }
  static const ElementwiseTable& scalar() { return *elementwise_kernels().back().fn; }
};

#define PINCER_FOR_ELEMENTWISE_KERNELS(suite)                                        \
  INSTANTIATE_TEST_SUITE_P(                                                          \
      Kernels, suite,                                                                \
      testing::ValuesIn(elementwise_kernels().begin(), elementwise_kernels().end()), \
      [](const testing::TestParamInfo<ElementwiseKernel>& tested) {                  \
        return std::string(tested.param.name);                                       \
      })

}  // namespace pincer::kernels::test
