#include "server/metrics/histogram_family.h"

namespace pincer {

void HistogramFamily::observe(const Values& values, double value) {
  const std::lock_guard lock(mutex_);
  auto found = series_.find(values);
  if (found == series_.end()) {
    const bool room = series_.size() < kMostSeries;
    found = series_.try_emplace(room ? values : Values(labels_.size(), "other"), bounds_).first;
  }
  found->second.observe(value);
}

void HistogramFamily::write(MetricsText& out) const {
  const std::lock_guard lock(mutex_);
  if (series_.empty()) return;
  out.family(name_, "histogram", help_);
  for (const auto& [values, histogram] : series_) {
    MetricsText::Labels labels;
    for (std::size_t i = 0; i < labels_.size(); ++i) {
      if (!values[i].empty()) labels.emplace_back(labels_[i], values[i]);
    }
    histogram.write_samples(out, name_, labels);
  }
}

}  // namespace pincer
