#include "server/trace/machine_limits.h"

#include <algorithm>

#include "pincer/kernels/limits.h"

namespace pincer {

MachineLimits::~MachineLimits() {
  if (worker_.joinable()) worker_.join();
}

std::optional<MachineLimits::Values> MachineLimits::get(const TraceShape& shape, bool idle) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find({shape.isa, shape.threads});
  if (found != known_.end()) return found->second;
  if (idle && !measuring_) {
    if (worker_.joinable()) worker_.join();  // it has ended
    measuring_ = true;
    worker_ = std::thread(&MachineLimits::measure, this, shape);
  }
  return std::nullopt;
}

void MachineLimits::measure(const TraceShape& shape) {
  constexpr std::int64_t kStep = 4096;  // measure_read_gb_s wants whole multiples of 256
  const std::int64_t all =
      std::clamp(shape.weight_bytes, kStep * shape.threads, kernels::kMemoryBytes);
  const Values values{
      kernels::measure_int8_gmac_s(shape.isa, shape.threads),
      kernels::measure_read_gb_s(all / shape.threads / kStep * kStep, shape.threads)};
  const std::lock_guard lock(mutex_);
  known_[{shape.isa, shape.threads}] = values;
  measuring_ = false;
}

}  // namespace pincer
