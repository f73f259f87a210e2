#include "server/trace/live_state.h"

#include <array>
#include <boost/json.hpp>
#include <string_view>

#include "pincer/engine/pool_usage.h"
#include "pincer/engine/step_trace.h"

namespace pincer {
namespace {

namespace json = boost::json;

struct Figure {
  std::string_view name;
  std::atomic<std::int64_t> EngineStats::* value;
};

// Gauges, then counters, whose differences are rates.
constexpr std::array kFigures = {
    Figure{"active", &EngineStats::active},
    Figure{"queued", &EngineStats::queued},
    Figure{"kv_blocks_used", &EngineStats::kv_blocks_used},
    Figure{"kv_blocks_total", &EngineStats::kv_blocks_total},
    Figure{"prompt_tokens", &EngineStats::prompt_tokens},
    Figure{"cached_prompt_tokens", &EngineStats::cached_prompt_tokens},
    Figure{"generated_tokens", &EngineStats::generated_tokens},
    Figure{"finished", &EngineStats::finished},
    Figure{"cancelled", &EngineStats::cancelled},
    Figure{"rejected", &EngineStats::rejected},
    Figure{"preempted", &EngineStats::preempted},
    Figure{"drafted", &EngineStats::drafted},
    Figure{"accepted", &EngineStats::accepted},
    Figure{"steps", &EngineStats::steps},
    Figure{"step_ns", &EngineStats::step_ns},
};

json::object model_json(const Models::Entry& entry) {
  json::object out{{"name", entry.name}, {"loaded", entry.backend != nullptr}};
  if (!entry.backend) return out;
  out["context"] = entry.backend->context();
  for (const Figure& figure : kFigures)
    out[figure.name] = (entry.backend->stats().*figure.value).load(std::memory_order_relaxed);
  const StepTrace* trace = entry.backend->trace();
  out["traced"] = trace != nullptr && trace->watched();
  return out;
}

json::value pool_json(const Models& models) {
  if (!models.opener()) return nullptr;
  const ModelManagerStats s = models.opener()->stats();
  return json::object{{"budget_bytes", models.opener()->budget()},
                      {"charged_bytes", s.charged},
                      {"resident_bytes", resident_pool_bytes()},
                      {"hits", s.hits},
                      {"misses", s.misses},
                      {"loads", s.loads},
                      {"evictions", s.evictions}};
}

}  // namespace

std::string LiveState::json() {
  const std::lock_guard lock(mutex_);
  if (last_.empty() || Clock::now() - made_ >= kFresh) {
    last_ = make();
    made_ = Clock::now();
  }
  return last_;
}

std::string LiveState::make() const {
  json::array models;
  for (const Models::Entry& entry : models_.list()) models.emplace_back(model_json(entry));
  const auto uptime = Clock::now() - start_;
  return json::serialize(json::object{
      {"schema", 1},
      {"uptime_ms", std::chrono::duration_cast<std::chrono::milliseconds>(uptime).count()},
      {"ready", models_.ready()},
      {"draining", site_.draining.load()},
      {"connections", site_.metrics.connections.load()},
      {"requests", site_.metrics.active_requests.load()},
      {"models", std::move(models)},
      {"pool", pool_json(models_)}});
}

}  // namespace pincer
