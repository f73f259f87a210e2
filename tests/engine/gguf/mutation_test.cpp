// Damaged files: cut at every byte, and changed at random. Build with -fsanitize=address,undefined
// to see every bad read.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <random>

#include "tests/engine/support/gguf_probe.h"

namespace pincer::gguf {
namespace {

// Bytes in a block of exactly their size: a read behind them is a read behind the block.
class ExactCopy {
 public:
  explicit ExactCopy(std::span<const std::byte> bytes)
      : size_(bytes.size()), bytes_(new std::byte[bytes.size()]) {
    std::copy(bytes.begin(), bytes.end(), bytes_.get());
  }
  std::span<const std::byte> span() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> bytes_;
};

class GgufTruncation : public ::testing::TestWithParam<std::uint32_t> {};

TEST_P(GgufTruncation, IsRefusedAtEveryByte) {
  const std::vector<std::byte> whole = test::varied_gguf(GetParam());
  ASSERT_TRUE(test::parse_and_read(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const ExactCopy cut({whole.data(), size});
    EXPECT_FALSE(test::parse_and_read(cut.span())) << "cut to " << size << " bytes";
  }
}

INSTANTIATE_TEST_SUITE_P(Versions, GgufTruncation, ::testing::Values(2u, 3u));

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) { return random() % limit; }

// One of the changes that parsers get wrong: extreme numbers where a length or a count may be,
// flipped bits, missing and doubled stretches.
void mutate(std::vector<std::byte>& bytes, Random& random) {
  static constexpr std::uint64_t kNumbers[] = {0,
                                               1,
                                               2,
                                               31,
                                               33,
                                               0x7fffffff,
                                               0x80000000,
                                               0xffffffff,
                                               0x100000000,
                                               0x7fffffffffffffff,
                                               0x8000000000000000,
                                               0xffffffffffffffff,
                                               0xffffffffffffffe0,
                                               0x2000000000000000,
                                               0x1fffffffffffffff};
  const std::size_t at = below(random, bytes.size());
  const auto position = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  const std::size_t run = std::min(bytes.size() - at, 1 + below(random, 16));
  const auto run_end = position + static_cast<std::ptrdiff_t>(run);
  switch (below(random, 6)) {
    case 0:
      *position = static_cast<std::byte>(random());
      return;
    case 1:
      *position ^= static_cast<std::byte>(1u << below(random, 8));
      return;
    case 2:
    case 3: {
      const std::uint64_t number = kNumbers[below(random, std::size(kNumbers))];
      const std::size_t width = std::min<std::size_t>(bytes.size() - at, below(random, 2) ? 8 : 4);
      std::memcpy(&*position, &number, width);
      return;
    }
    case 4:
      if (run < bytes.size()) bytes.erase(position, run_end);
      return;
    default: {
      const std::vector<std::byte> copy(position, run_end);
      bytes.insert(position, copy.begin(), copy.end());
    }
  }
}

TEST(GgufMutation, RandomChangesAreRefusedOrHarmless) {
  constexpr int kRounds = 20000;
  constexpr std::uint64_t kSeed = 20240601;
  Random random(kSeed);
  const std::vector<std::byte> whole = test::varied_gguf();
  int accepted = 0;
  for (int round = 0; round < kRounds; ++round) {
    std::vector<std::byte> bytes = whole;
    for (std::size_t n = 1 + below(random, 4); n > 0; --n) mutate(bytes, random);
    accepted += test::parse_and_read(ExactCopy(bytes).span()) ? 1 : 0;
  }
  // Changes of names and weights are harmless, changes of structure are not: both must have been
  // tried.
  EXPECT_GT(accepted, kRounds / 20);
  EXPECT_LT(accepted, kRounds * 19 / 20);
}

}  // namespace
}  // namespace pincer::gguf
