#include "bench/load/report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>

namespace pincer::load {

double percentile(const std::vector<double>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(sorted.size())));
  return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void print(const Report& report) {
  std::string out;
  for (const auto& [name, value] : report.values) out += fmt::format(",\"{}\":{}", name, value);
  for (const auto& [name, times] : report.times) {
    std::vector<double> sorted = times;
    std::ranges::sort(sorted);
    out += fmt::format(R"(,"{}":{{"count":{},"p50":{:.3f},"p99":{:.3f},"max":{:.3f}}})", name,
                       sorted.size(), percentile(sorted, 0.5), percentile(sorted, 0.99),
                       sorted.empty() ? 0 : sorted.back());
  }
  fmt::print("{{\"schema\":1{}}}\n", out);
}

}  // namespace pincer::load
