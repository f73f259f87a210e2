// Durations counted into fixed buckets.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "server/metrics/text_format.h"

namespace pincer {

// Any thread may observe while another writes the text; a text written meanwhile may lack the
// observation in part.
class Histogram {
 public:
  // Upper bounds in seconds, ascending; the last bucket, +Inf, is implied. The bounds outlive the
  // histogram.
  explicit Histogram(std::span<const double> bounds);

  void observe(double seconds, std::uint64_t times = 1);
  void write(MetricsText& out, std::string_view name, std::string_view help) const;
  // Without the family's heading; each sample has `labels`.
  void write_samples(MetricsText& out, std::string_view name,
                     const MetricsText::Labels& labels) const;

 private:
  std::span<const double> bounds_;
  std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;  // [bounds + 1], each bucket's own
  std::atomic<double> sum_ = 0;
};

}  // namespace pincer
