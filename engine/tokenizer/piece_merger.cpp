#include "engine/tokenizer/piece_merger.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "engine/tokenizer/unicode.h"

namespace pincer::bpe {
namespace {

constexpr std::int32_t kNone = -1;

std::string_view part(std::string_view text, std::int32_t begin, std::int32_t size) {
  return text.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(size));
}

}  // namespace

bool PieceMerger::Candidate::operator<(const Candidate& other) const {
  return score != other.score ? score < other.score : left > other.left;
}

void PieceMerger::queue_pair(std::string_view text, std::int32_t left) {
  if (left == kNone) return;
  const Node& node = nodes_[left];
  if (node.next == kNone) return;
  const std::int32_t size = node.size + nodes_[node.next].size;
  const TokenId id = tables_.pieces.find(part(text, node.begin, size), tables_.tokens);
  if (id == kNoToken) return;
  queue_.push_back({tables_.scores[static_cast<std::size_t>(id)], left, size});
  std::push_heap(queue_.begin(), queue_.end());
}

void PieceMerger::merge_all(std::string_view text) {
  while (!queue_.empty()) {
    std::pop_heap(queue_.begin(), queue_.end());
    const Candidate best = queue_.back();
    queue_.pop_back();
    Node& node = nodes_[best.left];
    // Stretches only grow, so the same begin and size are the same text.
    if (node.size == 0 || node.next == kNone) continue;
    Node& right = nodes_[node.next];
    if (node.size + right.size != best.size) continue;
    node.size = best.size;
    right.size = 0;
    node.next = right.next;
    if (node.next != kNone) nodes_[node.next].previous = best.left;
    queue_pair(text, node.previous);
    queue_pair(text, best.left);
  }
}

void PieceMerger::emit(std::string_view piece, std::vector<TokenId>& out) const {
  if (const TokenId id = tables_.pieces.find(piece, tables_.tokens); id != kNoToken) {
    return out.push_back(id);
  }
  for (const char byte : piece) {
    const TokenId id = tables_.byte_tokens[static_cast<unsigned char>(byte)];
    const bool repeated = !out.empty() && out.back() == tables_.unknown;
    if (id != kNoToken) {
      out.push_back(id);
    } else if (tables_.unknown != kNoToken && !repeated) {
      out.push_back(tables_.unknown);
    }
  }
}

void PieceMerger::append(std::string_view text, std::vector<TokenId>& out) {
  assert(text.size() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  if (text.empty()) return;
  nodes_.clear();
  for (std::size_t pos = 0; pos < text.size();) {
    const std::uint8_t length = char_at(text, pos).length;
    const auto index = static_cast<std::int32_t>(nodes_.size());
    nodes_.push_back({static_cast<std::int32_t>(pos), length, index - 1, index + 1});
    pos += length;
  }
  nodes_.back().next = kNone;
  queue_.clear();
  for (std::size_t i = 0; i < nodes_.size(); ++i) queue_pair(text, static_cast<std::int32_t>(i));
  merge_all(text);
  for (std::int32_t i = 0; i != kNone; i = nodes_[i].next) {
    emit(part(text, nodes_[i].begin, nodes_[i].size), out);
  }
}

}  // namespace pincer::bpe
