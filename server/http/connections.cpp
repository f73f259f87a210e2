#include "server/http/connections.h"

namespace pincer {

bool Connections::add(const std::shared_ptr<Wire>& wire, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (wires_.size() >= limit) return false;
  if (closed_) wire->close_soon();
  return wires_.insert(wire).second;
}

void Connections::remove(const std::shared_ptr<Wire>& wire) {
  const std::lock_guard lock(mutex_);
  wires_.erase(wire);
}

void Connections::close_all() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  for (const std::shared_ptr<Wire>& wire : wires_) wire->close_soon();
}

}  // namespace pincer
