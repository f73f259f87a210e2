#include "engine/tokenizer/merge_table.h"

#include <algorithm>
#include <bit>

namespace pincer::bpe {
namespace {

constexpr std::uint64_t kEmpty = ~std::uint64_t{0};  // not a pair, since ids are not negative

std::uint64_t pack(TokenId left, TokenId right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

}  // namespace

MergeTable::MergeTable(std::size_t max_merges) {
  constexpr std::size_t kSmallest = 16;
  const std::size_t size = std::bit_ceil(std::max(2 * max_merges, kSmallest));
  slots_.assign(size, Slot{kEmpty, {}});
  shift_ = static_cast<std::uint32_t>(64 - std::countr_zero(size));
}

std::size_t MergeTable::slot_of(std::uint64_t pair) const {
  // Fibonacci hashing: the product's high bits depend on both ids. The fold keeps ids that differ
  // by multiples of large powers of two apart.
  constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15;
  std::size_t slot = ((pair ^ (pair >> 29)) * kGoldenRatio) >> shift_;
  while (slots_[slot].pair != pair && slots_[slot].pair != kEmpty) {
    slot = (slot + 1) & (slots_.size() - 1);
  }
  return slot;
}

void MergeTable::insert(TokenId left, TokenId right, Merge merge) {
  const std::uint64_t pair = pack(left, right);
  Slot& slot = slots_[slot_of(pair)];
  if (slot.pair == kEmpty) slot = {pair, merge};
}

const Merge* MergeTable::find(TokenId left, TokenId right) const {
  const Slot& slot = slots_[slot_of(pack(left, right))];
  return slot.pair == kEmpty ? nullptr : &slot.merge;
}

}  // namespace pincer::bpe
