#include "server/api/response_memory.h"

#include <iterator>
#include <utility>

namespace pincer {
namespace {

std::size_t size_of(const Message& message) {
  std::size_t bytes = sizeof(Message) + message.content.size() + message.reasoning.size();
  for (const ToolCall& call : message.tool_calls)
    bytes += sizeof(ToolCall) + call.name.size() + call.arguments.size();
  return bytes;
}

std::size_t size_of(const StoredResponse& response) {
  std::size_t bytes = sizeof(StoredResponse) + response.owner.size() + response.body.size() +
                      response.input_items.size();
  for (const Message& message : response.history) bytes += size_of(message);
  return bytes;
}

}  // namespace

ResponseMemory::ResponseMemory(const ResponseMemoryLimits& limits,
                               std::function<Clock::time_point()> clock)
    : limits_(limits), clock_(std::move(clock)) {}

void ResponseMemory::put(StoredResponse response) {
  Entry entry;
  entry.bytes = size_of(response);
  entry.used = clock_();
  entry.response = std::make_shared<const StoredResponse>(std::move(response));
  const std::lock_guard lock(mutex_);
  const auto old = index_.find(entry.response->id);
  if (old != index_.end()) erase(old->second);
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  index_.emplace(entries_.front().response->id, entries_.begin());
  trim(entries_.front().used);
}

std::shared_ptr<const StoredResponse> ResponseMemory::find(std::string_view id,
                                                           std::string_view owner) {
  const auto now = clock_();
  const std::lock_guard lock(mutex_);
  trim(now);
  const auto entry = lookup(id, owner);
  if (entry == entries_.end()) return nullptr;
  entry->used = now;
  entries_.splice(entries_.begin(), entries_, entry);
  return entry->response;
}

bool ResponseMemory::remove(std::string_view id, std::string_view owner) {
  const std::lock_guard lock(mutex_);
  trim(clock_());
  const auto entry = lookup(id, owner);
  if (entry == entries_.end()) return false;
  erase(entry);
  return true;
}

std::size_t ResponseMemory::count() const {
  const std::lock_guard lock(mutex_);
  return entries_.size();
}

std::size_t ResponseMemory::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

ResponseMemory::Entries::iterator ResponseMemory::lookup(std::string_view id,
                                                         std::string_view owner) {
  const auto found = index_.find(id);
  const bool theirs = found != index_.end() && found->second->response->owner == owner;
  return theirs ? found->second : entries_.end();
}

void ResponseMemory::erase(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  index_.erase(entry->response->id);
  entries_.erase(entry);
}

void ResponseMemory::trim(Clock::time_point now) {
  while (!entries_.empty()) {
    const Entry& last = entries_.back();
    const bool over = entries_.size() > limits_.count || bytes_ > limits_.bytes;
    if (!over && now - last.used <= limits_.age) return;
    erase(std::prev(entries_.end()));
  }
}

}  // namespace pincer
