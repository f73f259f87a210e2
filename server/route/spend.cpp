#include "server/route/spend.h"

#include <algorithm>
#include <utility>

namespace pincer {
namespace {

constexpr std::size_t kMostDays = 400;
constexpr std::chrono::hours kKeptAtLeast{24 * 31};

std::chrono::sys_time<std::chrono::hours> hour_of(Spend::Time time) {
  return std::chrono::floor<std::chrono::hours>(time);
}

}  // namespace

double cost_usd(const UpstreamPrice& price, const UpstreamUsage& usage) {
  const int cached = std::clamp(usage.cached_tokens, 0, std::max(0, usage.prompt_tokens));
  return (price.input * (usage.prompt_tokens - cached) + price.cached_input * cached +
          price.output * usage.completion_tokens) *
         1e-6;
}

Spend::Spend(std::vector<SpendLimit> limits) { set_limits(std::move(limits)); }

void Spend::set_limits(std::vector<SpendLimit> limits) {
  const std::lock_guard lock(mutex_);
  limits_ = std::move(limits);
  longest_ = kKeptAtLeast;
  for (const SpendLimit& limit : limits_) longest_ = std::max(longest_, limit.window);
}

void Spend::add_hour(Hours& hours, double usd, Time now) const {
  // A clock that was set back adds to the newest hour there is.
  if (hours.empty() || hours.back().begin < hour_of(now)) hours.push_back({.begin = hour_of(now)});
  hours.back().usd += usd;
  while (hours.front().begin + std::chrono::hours(1) + longest_ <= now) hours.pop_front();
}

void Spend::add(const std::string& key, const UpstreamUsage& usage, double usd, Time now) {
  const std::lock_guard lock(mutex_);
  const auto day = std::chrono::floor<std::chrono::days>(now);
  SpendRow& row = days_[day][key];
  row.day = day;
  row.key = key;
  ++row.requests;
  row.prompt_tokens += usage.prompt_tokens;
  row.completion_tokens += usage.completion_tokens;
  row.usd += usd;
  while (days_.size() > kMostDays) days_.erase(days_.begin());
  if (usd <= 0) return;
  add_hour(all_, usd, now);
  add_hour(by_key_[key], usd, now);
}

double Spend::sum(const Hours& hours, std::chrono::hours window, Time now) {
  double usd = 0;
  for (const Hour& hour : hours)
    usd += hour.begin + std::chrono::hours(1) + window > now ? hour.usd : 0;
  return usd;
}

double Spend::remaining_usd(const std::string& key, Time now) const {
  const std::lock_guard lock(mutex_);
  double least = -1;
  static const Hours kNothing;
  const auto found = by_key_.find(key);
  for (const SpendLimit& limit : limits_) {
    const Hours& hours = !limit.per_key ? all_ : found == by_key_.end() ? kNothing : found->second;
    const double left = std::max(0.0, limit.limit_usd - sum(hours, limit.window, now));
    least = least < 0 ? left : std::min(least, left);
  }
  return least;
}

std::vector<SpendRow> Spend::report() const {
  const std::lock_guard lock(mutex_);
  std::vector<SpendRow> rows;
  for (const auto& [day, keys] : days_) {
    for (const auto& [key, row] : keys) rows.push_back(row);
  }
  return rows;
}

}  // namespace pincer
