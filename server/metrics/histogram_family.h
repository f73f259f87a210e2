// One histogram for each combination of labels, as many as there may be.
#pragma once

#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "server/metrics/histogram.h"

namespace pincer {

// Thread-safe. What label values there are depends on clients only as far as we let it, and beyond
// `kMostSeries` combinations all are counted under "other".
class HistogramFamily {
 public:
  static constexpr std::size_t kMostSeries = 256;
  using Values = std::vector<std::string>;  // one a label, in order; an empty one is left out

  // The texts and bounds outlive the family.
  HistogramFamily(std::string_view name, std::string_view help,
                  std::vector<std::string_view> labels, std::span<const double> bounds)
      : name_(name), help_(help), labels_(std::move(labels)), bounds_(bounds) {}

  void observe(const Values& values, double value);
  void write(MetricsText& out) const;

 private:
  std::string_view name_, help_;
  std::vector<std::string_view> labels_;
  std::span<const double> bounds_;
  mutable std::mutex mutex_;
  std::map<Values, Histogram> series_;
};

}  // namespace pincer
