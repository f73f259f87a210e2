// What a run measured, as one JSON object.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace pincer::load {

struct Report {
  std::map<std::string, double> values;
  // Milliseconds; reported as count, p50, p99 and max.
  std::map<std::string, std::vector<double>> times;
};

// The value that `share` of the sorted times do not exceed; 0 for none.
double percentile(const std::vector<double>& sorted, double share);
// User and system time of this process, all its threads.
double cpu_seconds();
void print(const Report& report);

}  // namespace pincer::load
