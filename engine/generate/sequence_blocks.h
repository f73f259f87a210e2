// What a sequence does with its blocks of the KV cache.
#pragma once

#include "engine/generate/sequence.h"
#include "engine/kv/kv_store.h"

namespace pincer {

// Takes over what was computed before of the sequence's tokens, at most s.found: a plan that did
// not count on more has rows for the others.
void take_prefix(Sequence& s, KvStore& kv);

// Takes blocks until they hold `tokens` tokens. The scheduler has seen to it that they are there,
// but for what was evicted since: false then, and the sequence runs in a later step.
bool take_blocks(Sequence& s, int tokens, KvStore& kv);

// After a step: what is computed becomes known to others.
void keep_blocks(Sequence& s, KvStore& kv);

// Gives all of them back; nothing of the sequence is computed from then on, but others, and the
// sequence itself when it runs again, find it in the prefix cache for as long as there is room.
void drop_blocks(Sequence& s, KvStore& kv);

}  // namespace pincer
