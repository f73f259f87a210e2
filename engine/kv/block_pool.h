// Who owns which block: numbers only, no memory. A block is free, or owned by sequences, by the
// prefix cache, or by both. One that only the prefix cache owns is idle: it may be evicted.
#pragma once

#include <vector>

namespace pincer {

class BlockPool {
 public:
  explicit BlockPool(int total);

  int total() const { return static_cast<int>(blocks_.size()); }
  int free() const { return static_cast<int>(free_.size()); }
  int idle() const { return idle_; }

  // Sequences. The lowest free block is taken first, so that what is used stays dense.
  int take();             // free() > 0; the block has one owner then
  void share(int block);  // one owner more; the block is not free
  void give_back(int block);

  // The prefix cache, which owns a block at most once.
  void keep(int block);  // the block is not free
  void forget(int block);
  bool is_idle(int block) const { return at(block).cached && at(block).sequences == 0; }
  bool is_shared(int block) const { return at(block).sequences + (at(block).cached ? 1 : 0) > 1; }
  bool is_cached(int block) const { return at(block).cached; }

 private:
  struct Block {
    int sequences = 0;
    bool cached = false;
  };
  const Block& at(int block) const { return blocks_[static_cast<std::size_t>(block)]; }
  Block& at(int block) { return blocks_[static_cast<std::size_t>(block)]; }
  void put_free(int block);

  std::vector<Block> blocks_;
  std::vector<int> free_;  // a heap, the lowest on top
  int idle_ = 0;
};

}  // namespace pincer
