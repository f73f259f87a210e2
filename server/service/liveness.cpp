#include "server/service/liveness.h"

#include <utility>

namespace pincer {

bool Liveness::look() {
  const std::uint64_t beats = server_.beat();
  const bool io_moved = std::exchange(first_, false) || beats != beats_;
  beats_ = beats;
  return engines_moved() && io_moved;
}

bool Liveness::engines_moved() {
  std::map<std::string, std::int64_t> busy;
  bool moved = true;
  for (const Models::Entry& model : models_->list()) {
    if (!model.backend) continue;
    const EngineStats& stats = model.backend->stats();
    if (stats.in_flight == 0) continue;
    const std::int64_t turns = stats.turns;
    const auto before = busy_.find(model.name);
    if (before != busy_.end() && before->second == turns) moved = false;
    busy.emplace(model.name, turns);
  }
  busy_.swap(busy);
  return moved;
}

}  // namespace pincer
