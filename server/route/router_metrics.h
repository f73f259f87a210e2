// What the router has done, counted.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/metrics/histogram.h"
#include "server/metrics/text_format.h"

namespace pincer {

// A family of counters, a sample for each value of its labels.
class LabelledCounter {
 public:
  LabelledCounter(std::string_view name, std::string_view help, std::vector<std::string> labels);

  void add(std::vector<std::string> values, double amount = 1);
  double value(const std::vector<std::string>& values) const;  // 0 before the first
  void write(MetricsText& out) const;

 private:
  std::string name_, help_;
  std::vector<std::string> labels_;
  mutable std::mutex mutex_;
  std::map<std::vector<std::string>, double> values_;
};

// Thread-safe.
struct RouterMetrics {
  RouterMetrics();

  LabelledCounter decisions, attempts, failures, fallbacks, migrations, escalations, cost, tokens,
      redactions, canary_rollbacks, standby_readings;
  Histogram decision_seconds, migration_gap_seconds;

  void write(MetricsText& out) const;
};

}  // namespace pincer
