#include "engine/generate/context_shift.h"

#include <algorithm>

#include "engine/generate/sequence_blocks.h"

namespace pincer {

bool shift_context(Sequence& s, int keep, KvStore& kv) {
  const auto tokens = static_cast<int>(s.tokens.size());
  keep = std::clamp(keep, 0, tokens);
  const int drop = (tokens - keep) / 2;
  if (drop == 0) return false;
  drop_blocks(s, kv);
  s.tokens.erase(s.tokens.begin() + keep, s.tokens.begin() + keep + drop);
  s.dropped += drop;
  s.found = kv.cached(s.tokens).tokens;
  take_prefix(s, kv);
  return true;
}

}  // namespace pincer
