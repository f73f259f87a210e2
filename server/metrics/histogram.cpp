#include "server/metrics/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace pincer {

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds), counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds.size() + 1)) {}

void Histogram::observe(double seconds, std::uint64_t times) {
  const auto bucket = std::ranges::lower_bound(bounds_, seconds) - bounds_.begin();
  counts_[bucket].fetch_add(times, std::memory_order_relaxed);
  sum_.fetch_add(seconds * static_cast<double>(times), std::memory_order_relaxed);
}

void Histogram::write(MetricsText& out, std::string_view name, std::string_view help) const {
  out.family(name, "histogram", help);
  write_samples(out, name, {});
}

void Histogram::write_samples(MetricsText& out, std::string_view name,
                              const MetricsText::Labels& labels) const {
  const std::string bucket_name = fmt::format("{}_bucket", name);
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) {
    total += counts_[i].load(std::memory_order_relaxed);
    const std::string bound = i < bounds_.size() ? fmt::format("{}", bounds_[i]) : "+Inf";
    MetricsText::Labels bucket = labels;
    bucket.emplace_back("le", bound);
    out.sample(bucket_name, bucket, static_cast<double>(total));
  }
  out.sample(fmt::format("{}_sum", name), labels, sum_.load(std::memory_order_relaxed));
  out.sample(fmt::format("{}_count", name), labels, static_cast<double>(total));
}

}  // namespace pincer
