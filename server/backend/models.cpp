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
    entries_.push_back({std::move(name), std::move(backend), now, false, false});
    return;
  }
  std::swap(found->backend, backend);
  found->created = now;
}

void Models::remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [name](const Entry& entry) { return entry.name == name; });
}

void Models::set_opener(std::shared_ptr<ModelOpener> opener) {
  opener_ = std::move(opener);
  opener_since_ = std::time(nullptr);
}

void Models::set_routes(std::vector<std::string> names) {
  const std::int64_t now = std::time(nullptr);
  std::vector<Entry> routes;
  for (std::string& name : names) routes.push_back({std::move(name), nullptr, now, false, true});
  const std::lock_guard lock(mutex_);
  routes_ = std::move(routes);
}

std::optional<Models::Entry> Models::find(std::string_view name) const {
  if (opener_) {
    const std::vector<std::string> names = opener_->names();
    if (const auto it = std::ranges::find(names, name); it != names.end())
      return Entry{*it, opener_->peek(*it), opener_since_, true, false};
  }
  const std::lock_guard lock(mutex_);
  const auto it = std::ranges::find(entries_, name, &Entry::name);
  return it == entries_.end() ? std::nullopt : std::optional(*it);
}

// What the opener has stands for an announcement of the same name: its requests can wait.
std::vector<Models::Entry> Models::models() const {
  std::vector<Entry> all;
  if (opener_) {
    for (std::string& name : opener_->names()) {
      auto backend = opener_->peek(name);
      all.push_back({std::move(name), std::move(backend), opener_since_, true, false});
    }
  }
  const std::lock_guard lock(mutex_);
  for (const Entry& entry : entries_) {
    if (std::ranges::find(all, entry.name, &Entry::name) == all.end()) all.push_back(entry);
  }
  return all;
}

std::vector<Models::Entry> Models::list() const {
  std::vector<Entry> all;
  {
    const std::lock_guard lock(mutex_);
    all = routes_;
  }
  const auto routes = static_cast<std::ptrdiff_t>(all.size());
  for (Entry& entry : models()) {
    const auto end = all.begin() + routes;
    if (std::find_if(all.begin(), end, [&](const Entry& e) { return e.name == entry.name; }) == end)
      all.push_back(std::move(entry));
  }
  return all;
}

bool Models::ready() const {
  const std::lock_guard lock(mutex_);
  const auto loading = [](const Entry& entry) { return entry.backend == nullptr; };
  return (!entries_.empty() || opener_) && std::ranges::none_of(entries_, loading);
}

}  // namespace pincer
