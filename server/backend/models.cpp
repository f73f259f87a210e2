#include "pincer/server/models.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace pincer {

void Models::announce(std::string name) { put(std::move(name), nullptr); }

void Models::add(std::shared_ptr<Backend> backend) {
  std::string name = backend->model();
  put(std::move(name), std::move(backend));
}

void Models::put(std::string name, std::shared_ptr<Backend> backend) {
  const std::int64_t now = std::time(nullptr);
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  if (found == entries_.end()) {
    entries_.push_back({std::move(name), std::move(backend), now});
    return;
  }
  std::swap(found->backend, backend);
  found->created = now;
}

void Models::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [name](const Entry& entry) { return entry.name == name; });
}

std::optional<Models::Entry> Models::find(std::string_view name) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(entries_, name, &Entry::name);
  if (found == entries_.end()) return std::nullopt;
  return *found;
}

std::vector<Models::Entry> Models::list() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

bool Models::ready() const {
  const std::lock_guard lock(mutex_);
  const auto loading = [](const Entry& entry) { return entry.backend == nullptr; };
  return !entries_.empty() && std::ranges::none_of(entries_, loading);
}

}  // namespace pincer
