// One request as a line of JSON.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "server/http/request_record.h"

namespace pincer {

struct AccessEntry {
  std::chrono::system_clock::time_point time;  // of the end
  std::string_view id;                         // x-request-id
  std::string_view traceparent;                // as it came
  std::string_view key;                        // its name; empty: none was asked for
  std::string_view method, path;
  unsigned status = 0;
  std::uint64_t bytes = 0;  // sent, headers included
  double seconds = 0;
  const RequestRecord& record;
};

// Numbers are absent where there is nothing to say. docs/operations.md lists the fields.
std::string access_line(const AccessEntry& entry);

}  // namespace pincer
