// Reproducible float data, and comparisons of floats by their bits.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace pincer::test {

// splitmix64: the same numbers on every machine and standard library.
class FloatSource {
 public:
  explicit FloatSource(std::uint64_t seed) : state_(seed) {}

  std::uint64_t bits() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // Uniform in [-scale, scale), multiples of scale / 2^23.
  float next(float scale = 1.0f) {
    return (static_cast<float>(bits() >> 40) * 0x1p-23f - 1.0f) * scale;
  }
  int below(int limit) { return static_cast<int>(bits() % static_cast<std::uint64_t>(limit)); }
  std::vector<float> row(std::size_t n, float scale = 1.0f) {
    std::vector<float> values(n);
    for (float& v : values) v = next(scale);
    return values;
  }
  // Of variance 1, by Box and Muller.
  std::vector<float> gaussian_row(std::size_t n) {
    std::vector<float> values(n);
    for (float& v : values) {
      const double radius =
          std::sqrt(-2 * std::log(1 - static_cast<double>(bits() >> 11) * 0x1p-53));
      v = static_cast<float>(
          radius * std::cos(6.283185307179586 * static_cast<double>(bits() >> 11) * 0x1p-53));
    }
    return values;
  }

 private:
  std::uint64_t state_;
};

template <class T>
bool same_bytes(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

// FNV-1a over the bits of what is added.
class BitHash {
 public:
  template <class T>
  void add(std::span<const T> values) {
    for (const T& value : values) {
      unsigned char bytes[sizeof(T)];
      std::memcpy(bytes, &value, sizeof(T));
      for (const unsigned char byte : bytes) hash_ = (hash_ ^ byte) * 0x100000001b3u;
    }
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325u;
};

}  // namespace pincer::test
