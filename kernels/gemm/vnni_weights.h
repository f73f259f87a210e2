// How vnni_tile.h reads stored weights: as unsigned operands of vpdpbusd, a vector of which holds
// kBlocks k-blocks.
//
// Products of k-block b are added up in accumulator `sum_of(b)` of kSums, which start at start()
// and end in total().
#pragma once

#include <cstdint>

namespace pincer::kernels {
namespace {

// A byte is w + 128.
struct ByteWeights {
  static constexpr int kBits = 8;
  static constexpr int kBlocks = 1;
  static constexpr int kSums = 1;

  template <class R>
  static typename R::Int block(typename R::Int stored, int /*b*/) {
    return stored;
  }
  static constexpr int sum_of(int /*b*/) { return 0; }
  // -128 * sum a.
  static std::int32_t start(std::int32_t correction, int /*sum*/) { return correction; }
  template <class R>
  static typename R::Int total(const typename R::Int (&sums)[kSums]) {
    return sums[0];
  }
};

// A nibble is w + 8; low ones are even k-blocks, high ones are odd ones.
struct NibbleWeights {
  static constexpr int kBits = 4;
  static constexpr int kBlocks = 2;
  static constexpr int kSums = 1;

  template <class R>
  static typename R::Int block(typename R::Int stored, int b) {
    return R::low_nibbles(b == 0 ? stored : R::shift_right(stored, 4));
  }
  static constexpr int sum_of(int /*b*/) { return 0; }
  // -8 * sum a: a sixteenth, exactly.
  static std::int32_t start(std::int32_t correction, int /*sum*/) { return correction >> 4; }
  template <class R>
  static typename R::Int total(const typename R::Int (&sums)[kSums]) {
    return sums[0];
  }
};

// The same without the shift of every vector: high nibbles stay where they are, as 16 * (w + 8),
// and have a sum of their own, which is shifted at the end. Worth it where few rows share a vector.
//
// That sum starts at the correction, which is 16 times what it should be, too. It ends at 16 * sum
// a * w over odd k-blocks - 128 * sum a over even ones: below 2^31 where the correction is.
struct SplitNibbles {
  static constexpr int kBits = 4;
  static constexpr int kBlocks = 2;
  static constexpr int kSums = 2;

  template <class R>
  static typename R::Int block(typename R::Int stored, int b) {
    return b == 0 ? R::low_nibbles(stored) : R::high_nibbles(stored);
  }
  static constexpr int sum_of(int b) { return b; }
  static std::int32_t start(std::int32_t correction, int sum) { return sum == 0 ? 0 : correction; }
  template <class R>
  static typename R::Int total(const typename R::Int (&sums)[kSums]) {
    return R::add(sums[0], R::shift_right_signed(sums[1], 4));
  }
};

}  // namespace
}  // namespace pincer::kernels
