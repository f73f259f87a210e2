// The KV cache as sequences use it: blocks, what is known of earlier prefixes, and who owns what.
// Owned by the engine thread; not thread-safe.
//
// A sequence's life: attach() gives it the longest cached prefix; grow() before every step, keep()
// after it, release() at its end. Between two steps a block that is full is never written again, so
// that others may share it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include "engine/kv/kv_blocks.h"
#include "engine/kv/kv_cache.h"
#include "engine/kv/prefix_cache.h"

namespace pincer {

class KvStore {
 public:
  KvStore(KvCache cache, bool prefix_cache);

  KvCache& cache() { return cache_; }
  int total() const { return cache_.total(); }
  int available() const;  // blocks of group 0 that are free or can be made so
  int used() const { return total() - available(); }  // by sequences
  std::int64_t evictions() const { return prefixes_ ? prefixes_->evictions() : 0; }

  // What attach() would find: tokens, and how many blocks of them other sequences hold, which cost
  // nothing. At most all tokens but the last, which has to be computed for its logits.
  struct Cached {
    int tokens = 0;
    int blocks = 0;
  };
  Cached cached(std::span<const TokenId> tokens) const;

  // Makes the longest cached prefix of `tokens` the sequence's, which has no blocks yet; how many
  // tokens it has. The block that the next token goes to is the sequence's own: a copy, if need be.
  int attach(KvBlocks& blocks, std::span<const TokenId> tokens);
  // Takes blocks until they hold `tokens` tokens. False, and nothing is taken, when there are not
  // enough.
  bool grow(KvBlocks& blocks, int tokens);
  // `computed` are the tokens whose keys and values are final: their full blocks are offered to
  // others if `share`, and blocks that no later row sees are given back.
  void keep(KvBlocks& blocks, std::span<const TokenId> computed, bool share = true);
  // Engine::save_prefix and restore_prefix.
  Result<int> save(const std::filesystem::path& file, const Model& model,
                   std::span<const TokenId> tokens);
  Result<int> restore(const std::filesystem::path& file, const Model& model);

  // The sequence's end: all blocks go, those of `computed` to the prefix cache if `share`.
  void release(KvBlocks& blocks, std::span<const TokenId> computed, bool share = true);

 private:
  int take(int group);
  bool has_room(int group, int blocks) const;
  bool own_last(KvBlocks& blocks);

  KvCache cache_;
  std::unique_ptr<PrefixCache> prefixes_;  // null: off
};

}  // namespace pincer
