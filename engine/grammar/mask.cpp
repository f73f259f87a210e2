#include "engine/grammar/mask.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace pincer::grammar {

void Mask::unite(const Mask& other) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
}

bool Mask::empty() const {
  return std::all_of(words_.begin(), words_.end(), [](std::uint64_t w) { return w == 0; });
}

std::int32_t Mask::count() const {
  std::int32_t sum = 0;
  for (const std::uint64_t w : words_) sum += std::popcount(w);
  return sum;
}

std::vector<TokenId> Mask::to_list() const {
  std::vector<TokenId> out;
  for (std::size_t w = 0; w < words_.size(); ++w) {
    for (std::uint64_t left = words_[w]; left != 0; left &= left - 1) {
      out.push_back(static_cast<TokenId>(w * 64) + std::countr_zero(left));
    }
  }
  return out;
}

void Mask::apply(std::span<float> logits) const {
  constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
  const std::size_t whole = std::min(words_.size(), (logits.size() + 63) / 64);
  for (std::size_t w = 0; w < whole; ++w) {
    const std::span<float> part =
        logits.subspan(w * 64, std::min<std::size_t>(64, logits.size() - w * 64));
    if (words_[w] == 0) {
      std::fill(part.begin(), part.end(), kMinusInfinity);
      continue;
    }
    for (std::uint64_t out = ~words_[w]; out != 0; out &= out - 1) {
      const auto i = static_cast<std::size_t>(std::countr_zero(out));
      if (i >= part.size()) break;
      part[i] = kMinusInfinity;
    }
  }
  if (whole * 64 < logits.size()) {
    std::fill(logits.begin() + static_cast<std::ptrdiff_t>(whole * 64), logits.end(),
              kMinusInfinity);
  }
}

}  // namespace pincer::grammar
