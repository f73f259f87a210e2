#include "server/route/answer_cache.h"

#include <fmt/format.h>

#include <utility>

#include "server/upstream/openai_request.h"

namespace pincer {
namespace {

constexpr std::chrono::hours kLongest{24};
constexpr std::size_t kOverhead = 256;  // bytes of an entry beside its texts, about

std::size_t size_of(const Message& message) {
  std::size_t size = message.content.size() + message.reasoning.size();
  for (const ToolCall& call : message.tool_calls)
    size += call.arguments.size() + call.name.size() + call.id.size();
  return size;
}

}  // namespace

std::string AnswerCache::key_of(const ChatRequest& request) {
  UpstreamConfig all;  // the one that is told the most
  all.prefill = UpstreamConfig::Prefill::continued;
  return fmt::format("{}\n{}", request.client, openai_request(request, all, request.model));
}

// With the lock.
void AnswerCache::drop(std::list<Entry>::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->key);
  entries_.erase(entry);
}

void AnswerCache::put(const std::string& key, CachedAnswer answer, Time now) {
  const std::size_t bytes = 2 * key.size() + size_of(answer.message) + kOverhead;
  if (bytes > most_bytes_ / 4) return;
  const std::lock_guard lock(mutex_);
  if (const auto found = index_.find(key); found != index_.end()) drop(found->second);
  while (bytes_ + bytes > most_bytes_) drop(std::prev(entries_.end()));
  entries_.push_front({key, std::move(answer), now, bytes});
  index_[key] = entries_.begin();
  bytes_ += bytes;
}

std::optional<CachedAnswer> AnswerCache::get(const std::string& key, Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  const auto entry = found->second;
  if (now - entry->since > kLongest) {
    drop(entry);
    return std::nullopt;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->answer;
}

}  // namespace pincer
