#include "engine/tokenizer/word_merger.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <functional>
#include <limits>

namespace pincer::bpe {
namespace {

constexpr TokenId kGone = -1;
constexpr std::int32_t kNoNode = -1;
constexpr std::uint64_t kNoCandidate = ~std::uint64_t{0};

}  // namespace

std::uint64_t WordMerger::candidate(std::int32_t left) const {
  const Node& node = nodes_[left];
  if (node.id == kGone || node.next == kNoNode) return kNoCandidate;
  const Merge* merge = merges_.find(node.id, nodes_[node.next].id);
  if (merge == nullptr) return kNoCandidate;
  return static_cast<std::uint64_t>(merge->rank) << 32 | static_cast<std::uint32_t>(left);
}

void WordMerger::queue_pair(std::int32_t left) {
  if (left == kNoNode) return;
  const std::uint64_t entry = candidate(left);
  if (entry == kNoCandidate) return;
  queue_.push_back(entry);
  std::push_heap(queue_.begin(), queue_.end(), std::greater<>());
}

void WordMerger::merge_all() {
  while (!queue_.empty()) {
    std::pop_heap(queue_.begin(), queue_.end(), std::greater<>());
    const std::uint64_t entry = queue_.back();
    queue_.pop_back();
    const auto left = static_cast<std::int32_t>(entry & 0xFFFFFFFF);
    // A rank names one pair, so an entry whose rank has changed was queued for neighbours that are
    // no more.
    if (candidate(left) != entry) continue;
    Node& node = nodes_[left];
    Node& right = nodes_[node.next];
    node.id = merges_.find(node.id, right.id)->result;
    right.id = kGone;
    node.next = right.next;
    if (node.next != kNoNode) nodes_[node.next].previous = left;
    queue_pair(node.previous);
    queue_pair(left);
  }
}

void WordMerger::append(std::span<const TokenId> symbols, std::vector<TokenId>& out) {
  assert(symbols.size() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  if (symbols.empty()) return;
  const auto count = static_cast<std::int32_t>(symbols.size());
  nodes_.resize(symbols.size());
  for (std::int32_t i = 0; i < count; ++i) nodes_[i] = {symbols[i], i - 1, i + 1};
  nodes_[0].previous = kNoNode;
  nodes_[count - 1].next = kNoNode;

  queue_.clear();
  for (std::int32_t i = 0; i + 1 < count; ++i) {
    if (const std::uint64_t entry = candidate(i); entry != kNoCandidate) queue_.push_back(entry);
  }
  std::make_heap(queue_.begin(), queue_.end(), std::greater<>());
  merge_all();
  for (std::int32_t i = 0; i != kNoNode; i = nodes_[i].next) out.push_back(nodes_[i].id);
}

}  // namespace pincer::bpe
