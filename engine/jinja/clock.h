// The time that strftime_now shows.
#pragma once

#include <string>
#include <string_view>

#include "engine/jinja/budget.h"

namespace pincer::jinja {

struct LocalTime {
  int year = 1970;  // of our era
  int month = 1;    // 1 to 12
  int day = 1;      // 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
  int microsecond = 0;
};

// While it lives, every thread's strftime_now shows `time`. For tests; one at a time.
class FixedClock {
 public:
  explicit FixedClock(const LocalTime& time);
  ~FixedClock();
  FixedClock(const FixedClock&) = delete;
  FixedClock& operator=(const FixedClock&) = delete;
};

// datetime.now().strftime(format): the local time of the system, without a time zone.
std::string format_now(Budget& budget, std::string_view format);

}  // namespace pincer::jinja
