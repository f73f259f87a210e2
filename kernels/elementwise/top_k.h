// The k largest of a long row, most of which is read once and compared with a bound.
//
// Candidates are what is above the k-th largest so far. They gather in a small buffer, and when it
// is full the k largest are selected from it and raise the bound. The first bound is the k-th
// largest of the maxima of 512 pieces of the row's beginning: at least k elements reach it, and few
// more.
#pragma once

#include <cassert>
#include <cstdint>

#include "kernels/elementwise/lanes16.h"
#include "pincer/kernels/elementwise.h"

namespace pincer::kernels {
namespace {

// Larger keys come first: the value's bits as an ordered integer, then the index from the end. Key
// 0 is no element's.
inline std::uint64_t key_of(float value, std::int64_t index) {
  if (!(value > -__builtin_inff())) value = -__builtin_inff();  // NaN, too
  value += 0.0f;                                                // -0 becomes 0
  std::uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  bits ^= bits >> 31 != 0 ? 0xffffffffu : 0x80000000u;
  return std::uint64_t{bits} << 32 | ~static_cast<std::uint32_t>(index);
}
inline std::int32_t index_of(std::uint64_t key) {
  return static_cast<std::int32_t>(~static_cast<std::uint32_t>(key));
}
// The value of a key whose value bits are `less` less.
inline float value_of(std::uint64_t key, std::uint32_t less = 0) {
  std::uint32_t bits = static_cast<std::uint32_t>(key >> 32) - less;
  bits ^= bits >> 31 != 0 ? 0x80000000u : 0xffffffffu;
  float value;
  __builtin_memcpy(&value, &bits, sizeof value);
  return value;
}

// Puts what is larger than one of n > 0 keys before it and the rest behind it. Returns its place.
// Without branches: which side a key goes to cannot be foreseen.
inline std::int64_t partition(std::uint64_t* keys, std::int64_t n) {
  const std::uint64_t pivot = keys[n / 2];
  keys[n / 2] = keys[n - 1];
  std::int64_t larger = 0;
  for (std::int64_t i = 0; i < n - 1; ++i) {
    const std::uint64_t key = keys[i];
    keys[i] = keys[larger];
    keys[larger] = key;
    larger += key > pivot ? 1 : 0;
  }
  keys[n - 1] = keys[larger];
  keys[larger] = pivot;
  return larger;
}

// The k largest to the front, the smallest of them last; 0 < k <= n.
inline void select_largest(std::uint64_t* keys, std::int64_t n, std::int64_t k) {
  for (;;) {
    const std::int64_t place = partition(keys, n);
    if (place == k - 1) return;
    if (place >= k) {
      n = place;
    } else {
      keys += place + 1;
      n -= place + 1;
      k -= place + 1;
    }
  }
}

inline void sort_descending(std::uint64_t* keys, std::int64_t n) {
  while (n > 12) {
    const std::int64_t place = partition(keys, n);
    sort_descending(keys + place + 1, n - place - 1);
    n = place;
  }
  for (std::int64_t i = 1; i < n; ++i) {
    const std::uint64_t key = keys[i];
    std::int64_t j = i;
    for (; j > 0 && keys[j - 1] < key; --j) keys[j] = keys[j - 1];
    keys[j] = key;
  }
}

// What is above the bound so far.
struct TopCandidates {
  static constexpr std::int64_t kFull = 768, kStep = 4 * kLanes;
  std::uint64_t keys[kFull + kStep];
  std::int64_t count = 0;
  float bound = -__builtin_inff();

  // Later elements must be larger than the k-th largest so far: among equals the first ones win.
  void cut(std::int64_t k) {
    select_largest(keys, count, k);
    count = k;
    bound = value_of(keys[k - 1]);
  }
};

template <class Register>
void first_bound(const float* x, std::int64_t n, std::int64_t k, TopCandidates& found) {
  using Lanes = Lanes16<Register>;
  constexpr std::int64_t kPieces = 32, kMostVectors = 16;  // 512 maxima, 32 KiB of floats
  static_assert(kPieces * kLanes >= kMaxTopK && kPieces * kLanes <= TopCandidates::kFull);
  const std::int64_t all = n / (kPieces * kLanes),
                     vectors = all < kMostVectors ? all : kMostVectors;
  for (std::int64_t piece = 0; piece < kPieces; ++piece, x += vectors * kLanes) {
    Lanes largest = Lanes::broadcast(-__builtin_inff());
    for (std::int64_t v = 0; v < vectors; ++v) {
      largest = running_max(largest, Lanes::load(x + v * kLanes));
    }
    alignas(64) float maxima[kLanes];
    largest.store(maxima);
    for (int i = 0; i < kLanes; ++i) {
      found.keys[piece * kLanes + i] = key_of(maxima[i], piece * kLanes + i);
    }
  }
  select_largest(found.keys, kPieces * kLanes, k);
  // Just below it, so that its equals are found; what is next to 0 is -0, which equals it.
  const float bound = value_of(found.keys[k - 1]);
  if (bound > -__builtin_inff()) found.bound = value_of(found.keys[k - 1], bound == 0 ? 2 : 1);
}

template <class Register>
void collect(const float* x, std::int64_t n, std::int64_t k, TopCandidates& found) {
  using Lanes = Lanes16<Register>;
  constexpr float kLowest = -__builtin_inff();
  for (std::int64_t i = 0; i < n; i += TopCandidates::kStep) {
    const Lanes bound = Lanes::broadcast(found.bound);
    Lanes v[4], largest = bound;
    unrolled<4>([&](int j) {
      const std::int64_t at = i + j * kLanes < n ? i + j * kLanes : n;
      v[j] = Lanes::load_up_to(n - at, x + at, kLowest);
      largest = running_max(largest, v[j]);
    });
    const auto above = [&](const Lanes& lanes) {
      std::uint32_t bits = 0;
      unrolled<Lanes::kRegisters>([&](int part) {
        bits |= Register::mask_bits(Register::less(bound.part[part], lanes.part[part]))
                << part * Register::kLanes;
      });
      return bits;
    };
    if (above(largest) == 0) [[likely]]
      continue;
    for (int j = 0; j < 4; ++j) {
      for (std::uint32_t bits = above(v[j]); bits != 0; bits &= bits - 1) {
        const std::int64_t at = i + j * kLanes + __builtin_ctz(bits);
        found.keys[found.count++] = key_of(x[at], at);
      }
    }
    if (found.count > TopCandidates::kFull) found.cut(k);
  }
}

template <class Register>
void top_k(const float* x, std::int64_t n, std::int64_t k, std::int32_t* indices,
           float* values) noexcept {
  assert(0 <= k && k <= n && k <= kMaxTopK && n < std::int64_t{1} << 31);
  if (k == 0) return;
  TopCandidates found;
  if (n > TopCandidates::kFull) first_bound<Register>(x, n, k, found);
  collect<Register>(x, n, k, found);
  if (found.count > k) found.cut(k);
  sort_descending(found.keys, found.count);
  for (std::int64_t i = 0; i < found.count; ++i) {
    indices[i] = index_of(found.keys[i]);
    values[i] = x[indices[i]];
  }
  // What is left is -infinity and NaN.
  for (std::int64_t i = 0, out = found.count; out < k; ++i) {
    if (x[i] > -__builtin_inff()) continue;
    indices[out] = static_cast<std::int32_t>(i);
    values[out++] = -__builtin_inff();
  }
}

}  // namespace
}  // namespace pincer::kernels
