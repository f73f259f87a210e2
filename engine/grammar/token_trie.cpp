#include "engine/grammar/token_trie.h"

#include <algorithm>
#include <limits>

#include "engine/grammar/limits.h"

namespace pincer::grammar {
namespace {

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

}  // namespace

TokenTrie::TokenTrie(const Tokenizer& tokenizer)
    : vocab_size_(tokenizer.vocab_size()), bytes_(static_cast<std::size_t>(vocab_size_)) {
  std::vector<Entry> few, many;
  for (TokenId id = 0; id < vocab_size_; ++id) {
    if (tokenizer.is_end(id)) ends_.push_back(id);
    if (tokenizer.is_end(id) || tokenizer.is_control(id)) continue;
    std::string& bytes = bytes_[static_cast<std::size_t>(id)];
    bytes = tokenizer.token_bytes(id);
    if (bytes.empty() || bytes.size() > std::numeric_limits<std::uint16_t>::max()) continue;
    (bytes.size() <= kShortToken ? many : few).push_back({bytes, id});
  }
  short_ = build(many);
  long_ = build(few);
}

std::vector<TrieNode> TokenTrie::build(std::span<const Entry> entries) {
  std::vector<Entry> sorted(entries.begin(), entries.end());
  std::sort(sorted.begin(), sorted.end());
  std::vector<TrieNode> nodes;
  std::vector<std::uint32_t> path;  // to the last token
  std::string_view last;
  const auto close = [&](std::size_t depth) {
    for (; path.size() > depth; path.pop_back()) {
      nodes[path.back()].end = static_cast<std::uint32_t>(nodes.size());
    }
  };
  for (const auto& [bytes, id] : sorted) {
    if (bytes == last) {
      twins_.push_back({nodes[path.back()].token, id});
      continue;
    }
    close(common_prefix(last, bytes));
    while (path.size() < bytes.size()) {
      path.push_back(static_cast<std::uint32_t>(nodes.size()));
      const std::size_t depth = path.size() - 1;
      nodes.push_back(
          {0, -1, static_cast<std::uint16_t>(depth), static_cast<std::uint8_t>(bytes[depth])});
    }
    nodes.back().token = id;
    last = bytes;
  }
  close(0);
  return nodes;
}

std::string_view TokenTrie::bytes(TokenId token) const {
  if (token < 0 || token >= vocab_size_) return {};
  return bytes_[static_cast<std::size_t>(token)];
}

}  // namespace pincer::grammar
