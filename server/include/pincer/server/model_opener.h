// Where models come from that are loaded when somebody asks for them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "pincer/engine/model_manager.h"
#include "pincer/engine/result.h"
#include "pincer/server/backend.h"

namespace pincer {

// Thread-safe.
class ModelOpener {
 public:
  // The model is in use while the backend is held.
  using Done = std::function<void(Result<std::shared_ptr<Backend>>)>;

  virtual ~ModelOpener() = default;
  virtual std::vector<std::string> names() const = 0;  // all that open() may be asked for
  // `done` is called once: now, if the model is there, else later and on another thread; it must
  // not block. Errors: those of ModelManager::acquire.
  virtual void open(const std::string& name, Done done) = 0;
  // The model if it is there, else null. For looking at it, not for generating.
  virtual std::shared_ptr<Backend> peek(const std::string& name) = 0;
  virtual ModelManagerStats stats() const = 0;
  virtual std::int64_t budget() const = 0;  // bytes
};

}  // namespace pincer
