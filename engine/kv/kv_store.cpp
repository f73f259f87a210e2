#include "engine/kv/kv_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

#include "engine/kv/kv_file.h"

namespace pincer {
namespace {

constexpr int kBlock = kernels::kKvBlockTokens;

void drop(KvBlocks& blocks, std::span<BlockPool> pools) {
  for (std::size_t g = 0; g < blocks.groups.size(); ++g) {
    for (const int b : blocks.groups[g].ids) {
      if (b >= 0) pools[g].give_back(b);
    }
  }
  blocks.groups.clear();
}

}  // namespace

KvStore::KvStore(KvCache cache, bool prefix_cache) : cache_(std::move(cache)) {
  if (!prefix_cache) return;
  prefixes_ = std::make_unique<PrefixCache>(
      cache_.pools(), std::vector(cache_.windows().begin(), cache_.windows().end()));
}

int KvStore::available() const { return cache_.pools()[0].free() + cache_.pools()[0].idle(); }

bool KvStore::has_room(int group, int blocks) const {
  const BlockPool& pool = cache_.pools()[static_cast<std::size_t>(group)];
  return pool.free() + pool.idle() >= blocks;
}

KvStore::Cached KvStore::cached(std::span<const TokenId> tokens) const {
  if (!prefixes_) return {};
  const PrefixCache::Match match = prefixes_->find(tokens, static_cast<int>(tokens.size()) - 1);
  return {match.tokens, match.in_use};
}

int KvStore::attach(KvBlocks& blocks, std::span<const TokenId> tokens) {
  assert(blocks.count() == 0);
  if (!prefixes_) return 0;
  int most = static_cast<int>(tokens.size()) - 1;
  PrefixCache::Match match = prefixes_->share(tokens, most);
  blocks = std::move(match.blocks);
  if (match.tokens % kBlock == 0 || own_last(blocks)) return match.tokens;
  // No block for the copy: whole blocks only.
  drop(blocks, cache_.pools());
  most = match.tokens / kBlock * kBlock;
  match = prefixes_->share(tokens, most);
  blocks = std::move(match.blocks);
  return match.tokens;
}

bool KvStore::own_last(KvBlocks& blocks) {
  for (int g = 0; g < cache_.groups(); ++g) {
    if (!has_room(g, 1)) return false;
  }
  for (std::size_t g = 0; g < blocks.groups.size(); ++g) {
    int& last = blocks.groups[g].ids.back();
    const int copy = take(static_cast<int>(g));
    cache_.copy(static_cast<int>(g), last, copy);
    cache_.pools()[g].give_back(std::exchange(last, copy));
  }
  return true;
}

int KvStore::take(int group) {
  BlockPool& pool = cache_.pools()[static_cast<std::size_t>(group)];
  if (pool.free() == 0 && prefixes_) prefixes_->evict(group);
  return pool.take();
}

bool KvStore::grow(KvBlocks& blocks, int tokens) {
  blocks.groups.resize(static_cast<std::size_t>(cache_.groups()));
  const auto wanted = static_cast<std::size_t>(KvCache::blocks_for(tokens));
  const int missing = static_cast<int>(wanted) - blocks.count();
  for (int g = 0; g < cache_.groups(); ++g) {
    if (missing > 0 && !has_room(g, missing)) return false;
  }
  for (int g = 0; g < cache_.groups(); ++g) {
    std::vector<int>& ids = blocks.groups[static_cast<std::size_t>(g)].ids;
    while (ids.size() < wanted) ids.push_back(take(g));
  }
  return true;
}

void KvStore::keep(KvBlocks& blocks, std::span<const TokenId> computed, bool share) {
  if (blocks.count() == 0) return;
  const auto tokens = static_cast<int>(computed.size());
  if (share && prefixes_ && tokens / kBlock > blocks.kept) {
    blocks.kept = tokens / kBlock;
    prefixes_->insert(computed.first(static_cast<std::size_t>(blocks.kept) * kBlock), blocks);
  }
  for (int g = 1; g < cache_.groups(); ++g) {
    KvBlocks::Group& group = blocks.groups[static_cast<std::size_t>(g)];
    // The next row, at position `tokens`, sees the keys after tokens - window.
    const int first = std::max(0, tokens - cache_.window(g) + 1) / kBlock;
    for (; group.first < first; ++group.first) {
      int& id = group.ids[static_cast<std::size_t>(group.first)];
      cache_.pools()[static_cast<std::size_t>(g)].give_back(std::exchange(id, -1));
    }
  }
}

void KvStore::release(KvBlocks& blocks, std::span<const TokenId> computed, bool share) {
  if (share && prefixes_ && blocks.count() > 0) prefixes_->insert(computed, blocks);
  drop(blocks, cache_.pools());
  blocks = {};
}

Result<int> KvStore::save(const std::filesystem::path& file, const Model& model,
                          std::span<const TokenId> tokens) {
  if (!prefixes_)
    return Error{ErrorCode::invalid_argument, "the prefix cache is off: there is nothing to save"};
  const PrefixCache::Match match = prefixes_->find(tokens, static_cast<int>(tokens.size()));
  auto written = write_kv_file(file, model, cache_,
                               tokens.first(static_cast<std::size_t>(match.tokens)), match.blocks);
  if (!written) return written.error();
  return match.tokens;
}

Result<int> KvStore::restore(const std::filesystem::path& file, const Model& model) {
  if (!prefixes_)
    return Error{ErrorCode::invalid_argument,
                 "the prefix cache is off: nothing can be restored into it"};
  auto reader = KvFileReader::open(file, model, cache_);
  if (!reader) return reader.error();
  const auto tokens = static_cast<int>(reader->tokens().size());
  KvBlocks blocks;
  for (int g = 0; g < cache_.groups(); ++g) {
    std::vector<int>& ids = blocks.groups.emplace_back().ids;
    for (int i = 0; i < KvCache::blocks_for(tokens); ++i) {
      if (reader->has(g, i) && !has_room(g, 1)) {
        drop(blocks, cache_.pools());
        return Error{ErrorCode::no_space,
                     fmt::format("{} holds {} tokens, more than the KV cache has room for, {}; "
                                 "choose a larger context",
                                 file.string(), tokens, total() * kBlock)};
      }
      ids.push_back(reader->has(g, i) ? take(g) : -1);
    }
  }
  const Result<void> read = reader->read(cache_, blocks);
  if (read) prefixes_->insert(reader->tokens(), blocks);
  drop(blocks, cache_.pools());
  if (!read) return read.error();
  return tokens;
}

}  // namespace pincer
