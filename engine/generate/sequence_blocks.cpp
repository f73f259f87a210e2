#include "engine/generate/sequence_blocks.h"

#include <algorithm>

namespace pincer {
namespace {

std::span<const TokenId> computed_tokens(const Sequence& s) {
  return std::span(s.tokens).first(static_cast<std::size_t>(s.computed));
}

}  // namespace

void take_prefix(Sequence& s, KvStore& kv) {
  const auto most = std::min(static_cast<std::size_t>(s.found) + 1, s.tokens.size());
  s.computed = kv.attach(s.blocks, std::span(s.tokens).first(most));
}

bool take_blocks(Sequence& s, int tokens, KvStore& kv) { return kv.grow(s.blocks, tokens); }

void keep_blocks(Sequence& s, KvStore& kv) {
  kv.keep(s.blocks, computed_tokens(s), !s.request.embed);
}

void drop_blocks(Sequence& s, KvStore& kv) {
  kv.release(s.blocks, computed_tokens(s), !s.request.embed);
  s.computed = 0;
}

}  // namespace pincer
