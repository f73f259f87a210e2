// The engines' counters in Prometheus' text format, one sample per model.
#pragma once

#include <vector>

#include "pincer/server/models.h"
#include "server/metrics/text_format.h"

namespace pincer {

// How models come and go.
void write_pool_metrics(MetricsText& out, const ModelOpener& opener);
void write_engine_metrics(MetricsText& out, const std::vector<Models::Entry>& models);

}  // namespace pincer
