// The open connections, so that they can be counted and cut off.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "server/http/wire.h"

namespace pincer {

// Thread-safe.
class Connections {
 public:
  bool add(const std::shared_ptr<Wire>& wire,
           std::size_t limit);  // false: there are `limit` already
  void remove(const std::shared_ptr<Wire>& wire);
  void close_all();  // and every later one at once

 private:
  std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Wire>> wires_;
  bool closed_ = false;
};

}  // namespace pincer
