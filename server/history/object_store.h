// Where objects are kept far away, by name.
#pragma once

#include <string>

#include "pincer/engine/result.h"

namespace pincer {

// Thread-safe; calls wait for the network, within a bounded time. Names hold letters, digits, "/",
// "_", "-", ".".
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  // Replaces. There for everybody when it returns.
  virtual Result<void> put(const std::string& name, std::string bytes) = 0;
  // Error not_found with the name: there is no such object.
  virtual Result<std::string> get(const std::string& name) = 0;
  // No error if there is none.
  virtual Result<void> remove(const std::string& name) = 0;

  // Calls that wait fail soon, and later ones at once, with ErrorCode::cancelled.
  virtual void stop() = 0;
};

}  // namespace pincer
