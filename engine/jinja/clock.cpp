#include "engine/jinja/clock.h"

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <optional>

namespace pincer::jinja {
namespace {

struct Now {
  std::tm parts{};
  int microsecond = 0;
};

std::mutex fixed_mutex;
std::optional<LocalTime> fixed_time;  // guarded by fixed_mutex

Now from_local_time(const LocalTime& time) {
  Now now;
  now.parts.tm_year = time.year - 1900;
  now.parts.tm_mon = time.month - 1;
  now.parts.tm_mday = time.day;
  now.parts.tm_hour = time.hour;
  now.parts.tm_min = time.minute;
  now.parts.tm_sec = time.second;
  now.microsecond = time.microsecond;
  std::tm days = now.parts;  // the day of the week and of the year
  days.tm_hour = 12;
  timegm(&days);
  now.parts.tm_wday = days.tm_wday;
  now.parts.tm_yday = days.tm_yday;
  now.parts.tm_isdst = -1;
  return now;
}

Now read_clock() {
  {
    const std::lock_guard lock(fixed_mutex);
    if (fixed_time) return from_local_time(*fixed_time);
  }
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(since).count();
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  Now now;
  localtime_r(&seconds, &now.parts);
  now.microsecond = static_cast<int>(micros % 1'000'000);
  return now;
}

std::string directive(const Now& now, std::string_view directive) {
  const char kind = directive.back();
  if (kind == 'f') {
    char digits[16];
    std::snprintf(digits, sizeof(digits), "%06d", now.microsecond);
    return digits;
  }
  if (kind == 'z' || kind == 'Z') return {};  // datetime.now() has no time zone
  constexpr std::string_view kKnown = "aAbBcCdDeFgGhHIjklmMnpPrRsStTuUVwWxXyY%";
  if (kKnown.find(kind) == std::string_view::npos) return std::string(directive);
  const std::string format(directive);
  std::array<char, 128> buffer{};
  const std::size_t length =
      std::strftime(buffer.data(), buffer.size(), format.c_str(), &now.parts);
  return {buffer.data(), length};
}

}  // namespace

FixedClock::FixedClock(const LocalTime& time) {
  const std::lock_guard lock(fixed_mutex);
  fixed_time = time;
}

FixedClock::~FixedClock() {
  const std::lock_guard lock(fixed_mutex);
  fixed_time.reset();
}

std::string format_now(Budget& budget, std::string_view format) {
  const Now now = read_clock();
  std::string out;
  for (std::size_t pos = 0; pos < format.size();) {
    budget.spend(1);
    std::size_t end = pos + 1;
    if (format[pos] != '%') {
      end = std::min(format.find('%', pos), format.size());
      out += format.substr(pos, end - pos);
    } else {
      // glibc's flags: "%-d" has no leading zero. A width is not taken: it could ask for any size.
      while (end < format.size() && end - pos < 4 &&
             std::string_view("-_0^#EO").find(format[end]) != std::string_view::npos) {
        ++end;
      }
      end = std::min(end + 1, format.size());
      const std::string_view one = format.substr(pos, end - pos);
      out += one.size() < 2 ? std::string(one) : directive(now, one);
    }
    pos = end;
    budget.check_size(out.size());
  }
  return out;
}

}  // namespace pincer::jinja
