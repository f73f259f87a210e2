#include "engine/kv/block_pool.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>

namespace pincer {

BlockPool::BlockPool(int total)
    : blocks_(static_cast<std::size_t>(total)), free_(static_cast<std::size_t>(total)) {
  std::iota(free_.begin(), free_.end(), 0);  // ascending: a heap
}

int BlockPool::take() {
  assert(!free_.empty());
  std::pop_heap(free_.begin(), free_.end(), std::greater<>());
  const int block = free_.back();
  free_.pop_back();
  at(block).sequences = 1;
  return block;
}

void BlockPool::put_free(int block) {
  free_.push_back(block);
  std::push_heap(free_.begin(), free_.end(), std::greater<>());
}

void BlockPool::share(int block) {
  Block& b = at(block);
  assert(b.sequences > 0 || b.cached);
  if (b.sequences++ == 0) --idle_;
}

void BlockPool::give_back(int block) {
  Block& b = at(block);
  assert(b.sequences > 0);
  if (--b.sequences > 0) return;
  if (b.cached) {
    ++idle_;
  } else {
    put_free(block);
  }
}

void BlockPool::keep(int block) {
  assert(at(block).sequences > 0 && !at(block).cached);
  at(block).cached = true;
}

void BlockPool::forget(int block) {
  Block& b = at(block);
  assert(b.cached);
  b.cached = false;
  if (b.sequences > 0) return;
  --idle_;
  put_free(block);
}

}  // namespace pincer
