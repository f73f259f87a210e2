#include "engine/generate/sequence_blocks.h"

namespace pincer {
namespace {

std::span<const TokenId> computed_tokens(const Sequence& s) {
  return std::span(s.tokens).first(static_cast<std::size_t>(s.computed));
}

}  // namespace

void take_prefix(Sequence& s, KvStore& kv) { s.computed = kv.attach(s.blocks, s.tokens); }

void take_blocks(Sequence& s, int tokens, KvStore& kv) { kv.grow(s.blocks, tokens); }

void keep_blocks(Sequence& s, KvStore& kv) { kv.keep(s.blocks, computed_tokens(s)); }

void drop_blocks(Sequence& s, KvStore& kv) {
  kv.release(s.blocks, computed_tokens(s));
  s.computed = 0;
}

}  // namespace pincer
