// Answers that were given to the very same requests: the last resort when no upstream answers.
#pragma once

#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "pincer/server/chat_request.h"
#include "server/upstream/upstream.h"

namespace pincer {

struct CachedAnswer {
  Message message;
  UpstreamEnd end;
};

// Thread-safe. The least recently used answers make room, and none is older than a day.
class AnswerCache {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit AnswerCache(std::size_t most_bytes = std::size_t{16} << 20) : most_bytes_(most_bytes) {}

  // All that an answer depends on, and who asked: nobody gets what another key was told.
  static std::string key_of(const ChatRequest& request);

  void put(const std::string& key, CachedAnswer answer, Time now);
  std::optional<CachedAnswer> get(const std::string& key, Time now);

 private:
  struct Entry {
    std::string key;
    CachedAnswer answer;
    Time since;
    std::size_t bytes = 0;
  };
  void drop(std::list<Entry>::iterator entry);

  std::size_t most_bytes_;
  std::mutex mutex_;
  std::list<Entry> entries_;  // the one used last is first
  std::unordered_map<std::string, std::list<Entry>::iterator> index_;
  std::size_t bytes_ = 0;
};

}  // namespace pincer
