// What was computed before: a radix tree over token ids, in steps of one block. A path from the
// root spells a prefix; its nodes own the blocks that hold the prefix's keys and values. Sequences
// share them.
//
// The tree owns what it keeps beside the sequences (BlockPool). Where blocks are needed, what was
// used longest ago goes first, leaves before what they hang on, and never a block that a sequence
// uses. Pure: it moves numbers, never keys or values. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "engine/kv/block_pool.h"
#include "engine/kv/kv_blocks.h"
#include "pincer/engine/tokenizer.h"

namespace pincer {

class PrefixCache {
 public:
  // pools[g] and windows[g] are of group g; windows in keys, 0: all. pools outlive the cache and
  // stay where they are.
  PrefixCache(std::span<BlockPool> pools, std::vector<int> windows);
  ~PrefixCache();
  PrefixCache(const PrefixCache&) = delete;
  PrefixCache& operator=(const PrefixCache&) = delete;

  // The longest usable prefix. The last block may be used in part only, or be partly filled.
  struct Match {
    int tokens = 0;
    KvBlocks blocks;  // blocks_for(tokens) of each group; -1 where the next row does not look
    int in_use = 0;   // whole blocks of group 0 that sequences hold already: sharing them is free
  };
  // At most `most` tokens of `tokens`. A prefix is usable where each windowed group still has the
  // blocks that the next row looks at.
  Match find(std::span<const TokenId> tokens, int most) const;
  // The same, and the sequence becomes an owner of the match's blocks.
  Match share(std::span<const TokenId> tokens, int most);

  // Keeps a sequence's blocks that hold `tokens`; the last one may be partly filled, but only when
  // the sequence won't write to it any more. Where the tree has a block of the same tokens already,
  // the sequence gets that one for its own: both hold the same values.
  void insert(std::span<const TokenId> tokens, KvBlocks& blocks);

  // Makes a block of group g free. False when every block is in use.
  bool evict(int g);

  int nodes() const { return nodes_; }
  std::int64_t evictions() const { return evictions_; }  // nodes that went to make room

 private:
  struct Node;
  struct Less {  // lexicographical
    using is_transparent = void;
    bool operator()(std::span<const TokenId> a, std::span<const TokenId> b) const;
  };
  using Children = std::map<std::vector<TokenId>, std::unique_ptr<Node>, Less>;
  // Where a search ended: `path` matched whole blocks, then `part` its first `part_tokens`.
  struct Walk {
    std::vector<Node*> path;
    Node* part = nullptr;
    int part_tokens = 0;
    int tokens = 0;
  };

  Walk walk(std::span<const TokenId> tokens, int most) const;
  bool usable(const Walk& walk) const;
  void shorten(Walk& walk) const;
  Match match(const Walk& walk) const;
  int first_seen(int g, int position) const;
  Node* add(Node* parent, std::span<const TokenId> key);
  void merge(Node& node, KvBlocks& blocks, int index);
  void remove(Node* leaf);
  void touch(Node& node, int g);
  void list(Node& node, int g);  // enters it into lru_[g] if it belongs there
  void unlist(Node& node, int g);

  std::span<BlockPool> pools_;
  std::vector<int> windows_;
  std::unique_ptr<Node> root_;
  // By last use: of group 0 the leaves, of the others every node that has a block.
  std::vector<std::set<std::pair<std::uint64_t, Node*>>> lru_;
  std::uint64_t clock_ = 0;
  int nodes_ = 0;
  std::int64_t evictions_ = 0;
};

}  // namespace pincer
