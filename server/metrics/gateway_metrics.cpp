#include "server/metrics/gateway_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "pincer/kernels/attention.h"

namespace pincer {
namespace {

double count(const std::atomic<std::int64_t>& value) {
  return static_cast<double>(value.load(std::memory_order_relaxed));
}

double kv_usage(const EngineStats& stats) {
  return count(stats.kv_blocks_used) / std::max(1.0, count(stats.kv_blocks_total));
}

struct Gauge {
  std::string_view name, help;
  double (*value)(const EngineStats&);
};

constexpr std::array kGauges = {
    Gauge{"vllm:num_requests_waiting", "Requests that wait for a place.",
          [](const EngineStats& stats) { return count(stats.queued); }},
    Gauge{"vllm:num_requests_running", "Requests in the batch.",
          [](const EngineStats& stats) { return count(stats.active); }},
    Gauge{"vllm:kv_cache_usage_perc", "Share of the KV cache in use, 0 to 1.", kv_usage},
    // The name that earlier versions of the picker look for.
    Gauge{"vllm:gpu_cache_usage_perc", "Share of the KV cache in use, 0 to 1.", kv_usage},
};

}  // namespace

void write_gateway_metrics(MetricsText& out, const std::vector<Models::Entry>& models) {
  for (const Gauge& gauge : kGauges) {
    out.family(gauge.name, "gauge", gauge.help);
    for (const Models::Entry& model : models) {
      if (!model.backend) continue;
      out.sample(gauge.name, {{"model_name", model.name}}, gauge.value(model.backend->stats()));
    }
  }
  constexpr std::string_view kCache = "vllm:cache_config_info";
  out.family(kCache, "gauge", "Block size in tokens, and number of blocks, of the KV cache.");
  const std::string block = fmt::format("{}", kernels::kKvBlockTokens);
  for (const Models::Entry& model : models) {
    if (!model.backend) continue;
    const std::string blocks = fmt::format("{}", model.backend->stats().kv_blocks_total.load());
    out.sample(kCache,
               {{"model_name", model.name}, {"block_size", block}, {"num_gpu_blocks", blocks}}, 1);
  }
}

}  // namespace pincer
