// Packed matrices of random weights for measuring. Private to kernels/measure.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "kernels/limits/huge_buffer.h"
#include "pincer/kernels/measure/case.h"

namespace pincer::kernels::measure {

// All panels of all copies are equal: the time of a product does not depend on the values, and
// quantizing one panel takes no time even for a large matrix.
class WeightStore::Copies {
 public:
  Copies(const Layout& layout, std::int64_t n, std::int64_t k, std::int64_t bytes);

  bool valid() const { return buffer_.data() != nullptr; }  // false: there was no memory
  std::int64_t count() const { return count_; }
  std::int64_t bytes() const { return count_ * stride_; }  // of memory
  PackedMatrix matrix(std::int64_t i) const {
    return {reinterpret_cast<const PackedHeader*>(buffer_.data() + i % count_ * stride_)};
  }

 private:
  PackedHeader header_;
  std::int64_t stride_, count_;
  detail::HugeBuffer buffer_;
};

// In [-1, 1).
inline std::vector<float> random_floats(std::int64_t count, unsigned seed) {
  std::mt19937 bits(seed);
  std::vector<float> values(static_cast<std::size_t>(count));
  for (float& v : values) v = static_cast<float>(bits()) * 0x1p-31f - 1.0f;
  return values;
}

}  // namespace pincer::kernels::measure
