// What a sequence does with its blocks of the KV cache.
#pragma once

#include "engine/generate/sequence.h"
#include "engine/kv/kv_cache.h"

namespace pincer {

// Takes blocks until they hold `tokens` tokens. The scheduler has seen to it that they are there.
void take_blocks(Sequence& s, int tokens, KvCache& cache);

// Gives all of them back; nothing of the sequence is computed from then on.
void drop_blocks(Sequence& s, KvCache& cache);

}  // namespace pincer
