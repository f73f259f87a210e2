// The metrics of OpenTelemetry's semantic conventions for generative AI, in Prometheus' form:
// https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/gen-ai-metrics.md
#pragma once

#include <string_view>

#include "server/http/request_record.h"
#include "server/metrics/histogram_family.h"

namespace pincer {

// gen_ai.operation.name for a route's pattern; empty: no such operation.
std::string_view gen_ai_operation(std::string_view pattern);

// Thread-safe.
class GenAiMetrics {
 public:
  GenAiMetrics();

  // A request is over. `status` is HTTP's; the record's error counts where the answer had begun.
  void observe(std::string_view operation, const RequestRecord& record, unsigned status,
               double seconds);
  void write(MetricsText& out) const;

 private:
  HistogramFamily duration_, first_token_, output_token_, usage_, queued_;
};

}  // namespace pincer
