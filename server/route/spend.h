// What answers cost, by key and day, and what is left of the budgets.
#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "server/route/route_config.h"
#include "server/upstream/upstream_usage.h"

namespace pincer {

// In USD. Cached tokens are a part of the prompt's.
double cost_usd(const UpstreamPrice& price, const UpstreamUsage& usage);

struct SpendRow {  // of the report: one key on one day, in UTC
  std::chrono::sys_days day;
  std::string key;  // its name; empty: of requests without one
  std::int64_t requests = 0;
  std::int64_t prompt_tokens = 0, completion_tokens = 0;
  double usd = 0;
};

// Thread-safe. Windows move by whole hours: an hour counts until all of it is out of the window.
class Spend {
 public:
  using Time = std::chrono::sys_seconds;

  explicit Spend(std::vector<SpendLimit> limits);

  // From now on; what was spent before counts, as far as 31 days back.
  void set_limits(std::vector<SpendLimit> limits);

  void add(const std::string& key, const UpstreamUsage& usage, double usd, Time now);

  // The least that any limit leaves to the key; 0 when one is reached, -1 without limits.
  double remaining_usd(const std::string& key, Time now) const;

  // By day, then key; the last 400 days.
  std::vector<SpendRow> report() const;

 private:
  struct Hour {
    std::chrono::sys_time<std::chrono::hours> begin;
    double usd = 0;
  };
  using Hours = std::deque<Hour>;

  static double sum(const Hours& hours, std::chrono::hours window, Time now);
  void add_hour(Hours& hours, double usd, Time now) const;

  mutable std::mutex mutex_;
  std::vector<SpendLimit> limits_;
  std::chrono::hours longest_;  // that hours are kept
  Hours all_;
  std::map<std::string, Hours> by_key_;
  std::map<std::chrono::sys_days, std::map<std::string, SpendRow>> days_;
};

}  // namespace pincer
