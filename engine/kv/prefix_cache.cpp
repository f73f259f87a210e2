#include "engine/kv/prefix_cache.h"

#include <algorithm>
#include <cassert>

#include "pincer/kernels/attention.h"

namespace pincer {
namespace {

constexpr std::size_t kBlockTokens = kernels::kKvBlockTokens;

std::size_t common(std::span<const TokenId> a, std::span<const TokenId> b) {
  const auto ends = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return static_cast<std::size_t>(ends.first - a.begin());
}

// Block `index` of a text; the last one may be shorter.
std::span<const TokenId> block_of(std::span<const TokenId> tokens, int index) {
  const std::size_t from = static_cast<std::size_t>(index) * kBlockTokens;
  return tokens.subspan(from, std::min(kBlockTokens, tokens.size() - from));
}

int blocks_for(std::size_t tokens) {
  return static_cast<int>((tokens + kBlockTokens - 1) / kBlockTokens);
}

}  // namespace

bool PrefixCache::Less::operator()(std::span<const TokenId> a, std::span<const TokenId> b) const {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

struct PrefixCache::Node {
  Node* parent = nullptr;
  std::span<const TokenId> key;  // the map's
  Children children;
  std::vector<int> blocks;          // [groups], -1: none
  std::vector<std::uint64_t> used;  // [groups], the clock at the last use
};

PrefixCache::PrefixCache(std::span<BlockPool> pools, std::vector<int> windows)
    : pools_(pools),
      windows_(std::move(windows)),
      root_(std::make_unique<Node>()),
      lru_(pools.size()) {
  assert(windows_.size() == pools_.size() && windows_[0] == 0);
}

// Leaf by leaf: a chain of nodes as long as a long text must not be taken down by recursion.
PrefixCache::~PrefixCache() {
  while (!lru_[0].empty()) remove(lru_[0].begin()->second);
}

PrefixCache::Walk PrefixCache::walk(std::span<const TokenId> tokens, int most) const {
  tokens = tokens.first(std::min(tokens.size(), static_cast<std::size_t>(std::max(0, most))));
  Walk walk;
  const Node* at = root_.get();
  while (tokens.size() >= kBlockTokens) {
    const auto child = at->children.find(tokens.first(kBlockTokens));
    if (child == at->children.end()) break;
    at = child->second.get();
    walk.path.push_back(child->second.get());
    walk.tokens += static_cast<int>(kBlockTokens);
    tokens = tokens.subspan(kBlockTokens);
  }
  // In lexicographical order the longest common start is with a neighbour.
  const auto after = at->children.lower_bound(tokens);
  const auto consider = [&](Children::const_iterator it) {
    const auto length = static_cast<int>(common(it->first, tokens));
    if (length <= walk.part_tokens) return;
    walk.part_tokens = length;
    walk.part = it->second.get();
  };
  if (after != at->children.end()) consider(after);
  if (after != at->children.begin()) consider(std::prev(after));
  walk.tokens += walk.part_tokens;
  return walk;
}

int PrefixCache::first_seen(int g, int position) const {
  const int window = windows_[static_cast<std::size_t>(g)];
  return window == 0 ? 0 : std::max(0, position - window + 1) / static_cast<int>(kBlockTokens);
}

bool PrefixCache::usable(const Walk& walk) const {
  for (std::size_t g = 1; g < windows_.size(); ++g) {
    if (walk.part != nullptr && walk.part->blocks[g] < 0) return false;
    for (auto i = static_cast<std::size_t>(first_seen(static_cast<int>(g), walk.tokens));
         i < walk.path.size(); ++i) {
      if (walk.path[i]->blocks[g] < 0) return false;
    }
  }
  return true;
}

void PrefixCache::shorten(Walk& walk) const {
  while (walk.tokens > 0 && !usable(walk)) {
    if (walk.part != nullptr) {
      walk.tokens -= walk.part_tokens;
      walk.part = nullptr;
    } else {
      walk.path.pop_back();
      walk.tokens -= static_cast<int>(kBlockTokens);
    }
  }
}

PrefixCache::Match PrefixCache::match(const Walk& walk) const {
  Match match;
  match.tokens = walk.tokens;
  for (const Node* node : walk.path) match.in_use += pools_[0].is_idle(node->blocks[0]) ? 0 : 1;
  match.blocks.groups.resize(pools_.size());
  for (std::size_t g = 0; g < pools_.size(); ++g) {
    KvBlocks::Group& group = match.blocks.groups[g];
    group.first = first_seen(static_cast<int>(g), walk.tokens);
    for (const Node* node : walk.path) {
      const bool seen = static_cast<int>(group.ids.size()) >= group.first;
      group.ids.push_back(seen ? node->blocks[g] : -1);
    }
    if (walk.part != nullptr) group.ids.push_back(walk.part->blocks[g]);
    group.first = std::min(group.first, static_cast<int>(group.ids.size()));
  }
  return match;
}

PrefixCache::Match PrefixCache::find(std::span<const TokenId> tokens, int most) const {
  Walk found = walk(tokens, most);
  shorten(found);
  return match(found);
}

PrefixCache::Match PrefixCache::share(std::span<const TokenId> tokens, int most) {
  Walk found = walk(tokens, most);
  shorten(found);
  Match shared = match(found);
  if (found.part != nullptr) found.path.push_back(found.part);
  for (std::size_t g = 0; g < pools_.size(); ++g) {
    for (std::size_t i = 0; i < found.path.size(); ++i) {
      const int block = shared.blocks.groups[g].ids[i];
      if (block < 0) continue;
      pools_[g].share(block);
      touch(*found.path[i], static_cast<int>(g));
    }
  }
  return shared;
}

void PrefixCache::insert(std::span<const TokenId> tokens, KvBlocks& blocks) {
  Node* at = root_.get();
  for (int i = 0; i < blocks_for(tokens.size()); ++i) {
    const std::span<const TokenId> key = block_of(tokens, i);
    const auto place = at->children.lower_bound(key);
    const std::size_t same = place == at->children.end() ? 0 : common(place->first, key);
    // A part of a block that is there in full, or in a larger part, is not worth a node.
    if (same == key.size() && place->first.size() > key.size()) return;
    Node* node = same == key.size() ? place->second.get() : add(at, key);
    merge(*node, blocks, i);
    at = node;
  }
}

PrefixCache::Node* PrefixCache::add(Node* parent, std::span<const TokenId> key) {
  const auto [place, added] =
      parent->children.emplace(std::vector(key.begin(), key.end()), std::make_unique<Node>());
  assert(added);
  Node* node = place->second.get();
  node->parent = parent;
  node->key = place->first;
  node->blocks.assign(pools_.size(), -1);
  node->used.assign(pools_.size(), 0);
  ++nodes_;
  if (parent != root_.get()) unlist(*parent, 0);
  // A partly filled block that the new one continues has served its time.
  if (place != parent->children.begin()) {
    Node* before = std::prev(place)->second.get();
    const bool continued = common(before->key, key) == before->key.size();
    if (continued && pools_[0].is_idle(before->blocks[0])) remove(before);
  }
  return node;
}

void PrefixCache::merge(Node& node, KvBlocks& blocks, int index) {
  for (std::size_t g = 0; g < pools_.size(); ++g) {
    int& own = blocks.groups[g].ids[static_cast<std::size_t>(index)];
    int& kept = node.blocks[g];
    if (own >= 0 && kept >= 0 && own != kept) {
      pools_[g].share(kept);
      pools_[g].give_back(std::exchange(own, kept));
    } else if (own >= 0 && kept < 0) {
      pools_[g].keep(own);
      kept = own;
      touch(node, static_cast<int>(g));
    }
  }
  touch(node, 0);
}

bool PrefixCache::evict(int g) {
  const auto group = static_cast<std::size_t>(g);
  for (const auto [used, node] : lru_[group]) {  // by value: the entry goes with the block
    if (!pools_[group].is_idle(node->blocks[group])) continue;
    if (g == 0) {
      remove(node);
      ++evictions_;
    } else {
      unlist(*node, g);
      pools_[group].forget(std::exchange(node->blocks[group], -1));
    }
    return true;
  }
  return false;
}

void PrefixCache::remove(Node* leaf) {
  assert(leaf->children.empty());
  for (std::size_t g = 0; g < pools_.size(); ++g) {
    unlist(*leaf, static_cast<int>(g));
    if (leaf->blocks[g] >= 0) pools_[g].forget(leaf->blocks[g]);
  }
  Node* parent = leaf->parent;
  parent->children.erase(parent->children.find(leaf->key));
  --nodes_;
  if (parent != root_.get()) list(*parent, 0);
}

void PrefixCache::touch(Node& node, int g) {
  unlist(node, g);
  node.used[static_cast<std::size_t>(g)] = ++clock_;
  list(node, g);
}

void PrefixCache::list(Node& node, int g) {
  const auto group = static_cast<std::size_t>(g);
  if (node.blocks[group] < 0 || (g == 0 && !node.children.empty())) return;
  lru_[group].emplace(node.used[group], &node);
}

void PrefixCache::unlist(Node& node, int g) {
  const auto group = static_cast<std::size_t>(g);
  lru_[group].erase({node.used[group], &node});
}

}  // namespace pincer
