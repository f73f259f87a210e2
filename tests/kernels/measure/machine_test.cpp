#include "pincer/kernels/measure/machine.h"

#include <gtest/gtest.h>

#include <array>

namespace pincer::kernels::measure {
namespace {

constexpr std::int64_t kKiB = 1024, kMiB = 1024 * 1024;

TEST(CacheSize, IsReadAsTheKernelWritesIt) {
  EXPECT_EQ(parse_cache_size("32K"), 32 * kKiB);
  EXPECT_EQ(parse_cache_size("36M"), 36 * kMiB);
  for (const char* wrong : {"", "K", "32", "32G", "32KB", "-1K", "0K", "x"}) {
    EXPECT_EQ(parse_cache_size(wrong), 0) << wrong;
  }
}

constexpr std::array<Cache, 3> kCaches = {{{.level = 1, .bytes = 32 * kKiB, .cores = 1},
                                           {.level = 2, .bytes = kMiB, .cores = 1},
                                           {.level = 3, .bytes = 8 * kMiB, .cores = 4}}};

TEST(LevelName, IsTheFirstThatHoldsTheBytesOfAllThreads) {
  EXPECT_EQ(level_name(kCaches, 32 * kKiB, 1), "L1");
  EXPECT_EQ(level_name(kCaches, 32 * kKiB + 1, 1), "L2");
  EXPECT_EQ(level_name(kCaches, 64 * kKiB, 2), "L1");
  EXPECT_EQ(level_name(kCaches, 2 * kMiB, 1), "L3");
  EXPECT_EQ(level_name(kCaches, 2 * kMiB, 2), "L2");
  EXPECT_EQ(level_name(kCaches, 9 * kMiB, 4), "memory");
  EXPECT_EQ(level_name(kCaches, 9 * kMiB, 5), "L3") << "a fifth core has a cache of its own";
  EXPECT_EQ(level_name({}, 1, 1), "memory");
}

TEST(ColdBytes, ArePastTheLastCacheWithinReason) {
  EXPECT_EQ(cold_bytes({}), 256 * kMiB);
  EXPECT_EQ(cold_bytes(kCaches), 256 * kMiB);
  EXPECT_EQ(cold_bytes(std::array{Cache{.level = 3, .bytes = 100 * kMiB}}), 400 * kMiB);
  EXPECT_EQ(cold_bytes(std::array{Cache{.level = 3, .bytes = 500 * kMiB}}), 1024 * kMiB);
}

TEST(Limits, AreKeptAndNeverShrink) {
  Limits limits;
  const double read = limits.read_gb_s(1000, 1);
  EXPECT_GT(read, 0);
  EXPECT_EQ(limits.read_gb_s(1000, 1), read);
  EXPECT_EQ(limits.read_gb_s(4096, 1), read) << "small sizes share a measurement";
  const double peak = limits.int8_gmac_s(Isa::scalar, 1);
  EXPECT_GT(peak, 0);
  limits.refresh();
  EXPECT_GE(limits.read_gb_s(1000, 1), read);
  EXPECT_GE(limits.int8_gmac_s(Isa::scalar, 1), peak);
}

}  // namespace
}  // namespace pincer::kernels::measure
