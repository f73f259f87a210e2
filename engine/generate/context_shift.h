// What happens at the context's end where a request asks to go on.
#pragma once

#include "engine/generate/sequence.h"
#include "engine/kv/kv_store.h"

namespace pincer {

// Drops the older half of what follows the first `keep` tokens. The rest gets new positions, so it
// is computed anew, but for what is kept: exactly as if it had been the prompt. False when there is
// nothing to drop.
bool shift_context(Sequence& s, int keep, KvStore& kv);

}  // namespace pincer
