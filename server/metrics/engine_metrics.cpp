#include "server/metrics/engine_metrics.h"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "pincer/engine/pool_usage.h"

namespace pincer {
namespace {

struct EngineMetric {
  std::string_view name, type, help;
  std::atomic<std::int64_t> EngineStats::* value;
  double unit = 1;  // of one count
};

constexpr std::array kEngineMetrics = {
    EngineMetric{"pincer_engine_active", "gauge", "Generations in the batch.",
                 &EngineStats::active},
    EngineMetric{"pincer_engine_queued", "gauge", "Generations that wait for a place.",
                 &EngineStats::queued},
    EngineMetric{"pincer_kv_blocks_used", "gauge", "Blocks of the KV cache in use.",
                 &EngineStats::kv_blocks_used},
    EngineMetric{"pincer_kv_blocks_total", "gauge", "Blocks of the KV cache.",
                 &EngineStats::kv_blocks_total},
    EngineMetric{"pincer_prompt_tokens_total", "counter", "Prompt tokens computed.",
                 &EngineStats::prompt_tokens},
    EngineMetric{"pincer_cached_prompt_tokens_total", "counter",
                 "Prompt tokens found in the prefix cache.", &EngineStats::cached_prompt_tokens},
    EngineMetric{"pincer_kv_evictions_total", "counter",
                 "Blocks of the prefix cache that made room for others.",
                 &EngineStats::kv_evictions},
    EngineMetric{"pincer_generated_tokens_total", "counter", "Tokens generated.",
                 &EngineStats::generated_tokens},
    EngineMetric{"pincer_generations_finished_total", "counter",
                 "Generations that ended by themselves.", &EngineStats::finished},
    EngineMetric{"pincer_generations_cancelled_total", "counter",
                 "Generations that were cancelled.", &EngineStats::cancelled},
    EngineMetric{"pincer_generations_rejected_total", "counter",
                 "Generations refused because the queue was full or the wait too long.",
                 &EngineStats::rejected},
    EngineMetric{"pincer_generations_timed_out_total", "counter",
                 "Generations that a deadline ended; they count as cancelled too.",
                 &EngineStats::timed_out},
    EngineMetric{"pincer_generations_preempted_total", "counter",
                 "Times that a generation lost its place to another.", &EngineStats::preempted},
    EngineMetric{"pincer_speculation_proposed_total", "counter", "Tokens that were guessed.",
                 &EngineStats::drafted},
    EngineMetric{"pincer_speculation_accepted_total", "counter",
                 "Tokens that were guessed and right.", &EngineStats::accepted},
    EngineMetric{"pincer_engine_steps_total", "counter", "Forward passes.", &EngineStats::steps},
    EngineMetric{"pincer_engine_step_seconds_total", "counter", "Time spent in forward passes.",
                 &EngineStats::step_ns, 1e-9},
};

// A histogram of the steps by the sequences in them.
void write_batch_sizes(MetricsText& out, const std::vector<Models::Entry>& models) {
  constexpr std::string_view kName = "pincer_batch_size";
  out.family(kName, "histogram", "Generations in a forward pass.");
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  for (const Models::Entry& model : models) {
    if (!model.backend) continue;
    const EngineStats& stats = model.backend->stats();
    std::int64_t total = 0;
    for (std::size_t i = 0; i < stats.batch_sizes.size(); ++i) {
      total += stats.batch_sizes[i].load(std::memory_order_relaxed);
      const bool last = i + 1 == stats.batch_sizes.size();
      const std::string bound = last ? "+Inf" : fmt::format("{}", 1 << i);
      out.sample("pincer_batch_size_bucket", {{"model", model.name}, {"le", bound}}, number(total));
    }
    out.sample("pincer_batch_size_sum", {{"model", model.name}}, number(stats.batch_sum));
    out.sample("pincer_batch_size_count", {{"model", model.name}}, number(total));
  }
}

}  // namespace

void write_engine_metrics(MetricsText& out, const std::vector<Models::Entry>& models) {
  for (const EngineMetric& metric : kEngineMetrics) {
    out.family(metric.name, metric.type, metric.help);
    for (const Models::Entry& model : models) {
      if (!model.backend) continue;
      const auto count = (model.backend->stats().*metric.value).load(std::memory_order_relaxed);
      out.sample(metric.name, {{"model", model.name}}, static_cast<double>(count) * metric.unit);
    }
  }
  write_batch_sizes(out, models);
}

void write_pool_metrics(MetricsText& out, const ModelOpener& opener) {
  const ModelManagerStats s = opener.stats();
  const auto count = [](std::int64_t value) { return static_cast<double>(value); };
  out.single("pincer_pool_budget_bytes", "gauge", "What all models together may have mapped.",
             count(opener.budget()));
  out.single("pincer_pool_bytes", "gauge", "What the loaded models have mapped.", count(s.charged));
  out.single("pincer_pool_resident_bytes", "gauge", "What of that is in memory now.",
             count(resident_pool_bytes()));
  out.single("pincer_model_hits_total", "counter", "Requests that found their model loaded.",
             count(s.hits));
  out.single("pincer_model_misses_total", "counter", "Requests that waited for their model.",
             count(s.misses));
  out.single("pincer_model_loads_total", "counter", "Models loaded.", count(s.loads));
  out.single("pincer_model_load_failures_total", "counter", "Models that could not be loaded.",
             count(s.failed_loads));
  out.single("pincer_model_load_seconds_total", "counter", "Time spent in loading.",
             s.load_seconds);
  out.single("pincer_model_evictions_total", "counter", "Models that made room for others.",
             count(s.evictions));
}

}  // namespace pincer
