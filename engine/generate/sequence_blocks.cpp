#include "engine/generate/sequence_blocks.h"

namespace pincer {

void take_blocks(Sequence& s, int tokens, KvCache& cache) {
  const int wanted = KvCache::blocks_for(tokens);
  while (static_cast<int>(s.blocks.size()) < wanted) s.blocks.push_back(cache.take());
}

void drop_blocks(Sequence& s, KvCache& cache) {
  for (const int b : s.blocks) cache.give_back(b);
  s.blocks.clear();
  s.computed = 0;
}

}  // namespace pincer
