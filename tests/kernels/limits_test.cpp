#include "pincer/kernels/limits.h"

#include <gtest/gtest.h>

#include <cstring>

#include "tests/kernels/support/float_rows.h"
#include "tests/kernels/support/guarded_buffer.h"

namespace pincer::kernels {
namespace {

// A row that skipped bytes would claim a rate that memory does not have.
TEST(ReadKernels, AddUpEveryWord) {
  test::FloatSource source(1);
  for (const ReadKernel& row : read_kernels()) {
    if (!cpu_supports(row.isa)) continue;
    for (const std::int64_t bytes : {0, 256, 8192 + 256}) {
      test::GuardedBuffer<std::uint8_t> data(static_cast<std::size_t>(bytes));
      for (std::uint8_t& byte : data) byte = static_cast<std::uint8_t>(source.bits());
      // The rows return one lane of their sums; the first byte of every cache line is in it.
      std::int32_t before = row.fn(data.data(), bytes);
      for (std::int64_t at = 0; at < bytes; at += 64) {
        data[static_cast<std::size_t>(at)] ^= 1;
        const std::int32_t after = row.fn(data.data(), bytes);
        ASSERT_NE(after, before) << row.name << " does not read byte " << at;
        before = after;
      }
    }
  }
}

TEST(PeakKernels, CountTheirWorkByTurns) {
  for (const PeakKernel& row : peak_kernels()) {
    if (!cpu_supports(row.isa)) continue;
    EXPECT_GT(row.fn(1), 0) << row.name;
    EXPECT_EQ(row.fn(20), 20 * row.fn(1)) << row.name;
  }
}

TEST(LimitsConcurrency, MeasuresOnSeveralThreads) {
  EXPECT_GT(measure_int8_gmac_s(isa_choice().isa, 2), 0.0);
  EXPECT_GT(measure_read_gb_s(100001, 2), 0.0);
}

TEST(Limits, WithoutMemoryThereIsNoRate) {
  EXPECT_EQ(measure_read_gb_s(std::int64_t{1} << 60, 1), 0.0);
}

}  // namespace
}  // namespace pincer::kernels
