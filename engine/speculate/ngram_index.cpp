#include "engine/speculate/ngram_index.h"

#include <algorithm>
#include <cstddef>

namespace pincer {
namespace {

std::span<const TokenId> ngram(std::span<const TokenId> tokens, int n, int end) {
  return tokens.subspan(static_cast<std::size_t>(end - n), static_cast<std::size_t>(n));
}

std::uint64_t hash(std::span<const TokenId> tokens) {
  std::uint64_t h = 0x9E3779B97F4A7C15u;
  for (const TokenId t : tokens) {
    h = (h ^ static_cast<std::uint32_t>(t)) * 0xD6E8FEB86659FD93u;
    h ^= h >> 32;
  }
  return h;
}

}  // namespace

// The slot that holds the n tokens before `end`, or the free one where they belong.
std::size_t NgramIndex::slot_of(const Table& table, std::span<const TokenId> tokens, int n,
                                int end) {
  const auto wanted = ngram(tokens, n, end);
  const std::size_t mask = table.slots.size() - 1;
  std::size_t slot = hash(wanted) & mask;
  while (table.slots[slot] != 0 &&
         !std::ranges::equal(ngram(tokens, n, table.slots[slot]), wanted)) {
    slot = (slot + 1) & mask;
  }
  return slot;
}

void NgramIndex::insert(Table& table, std::span<const TokenId> tokens, int n, int end) {
  std::int32_t& slot = table.slots[slot_of(table, tokens, n, end)];
  if (slot == 0) ++table.used;
  slot = end;
}

void NgramIndex::grow(Table& table, std::span<const TokenId> tokens, int n) {
  Table larger;
  larger.slots.resize(std::max<std::size_t>(64, table.slots.size() * 2));
  for (const std::int32_t end : table.slots) {
    if (end != 0) insert(larger, tokens, n, end);
  }
  table = std::move(larger);
}

void NgramIndex::extend(std::span<const TokenId> tokens) {
  const int size = static_cast<int>(tokens.size());
  for (int n = kShortest; n <= kLongest; ++n) {
    Table& table = tables_[static_cast<std::size_t>(n - kShortest)];
    // Only n-grams that something follows: the last one is what find() looks for.
    for (int end = std::max(n, indexed_); end < size; ++end) {
      if (2 * (table.used + 1) > table.slots.size()) grow(table, tokens, n);
      insert(table, tokens, n, end);
    }
  }
  indexed_ = std::max(indexed_, size);
}

NgramIndex::Match NgramIndex::find(std::span<const TokenId> tokens) const {
  const int size = static_cast<int>(tokens.size());
  for (int n = std::min(kLongest, size); n >= kShortest; --n) {
    const Table& table = tables_[static_cast<std::size_t>(n - kShortest)];
    if (table.slots.empty()) continue;
    const std::int32_t position = table.slots[slot_of(table, tokens, n, size)];
    if (position != 0) return {n, position};
  }
  return {};
}

}  // namespace pincer
