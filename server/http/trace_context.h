// What a request says about the larger operation that it is part of.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace pincer {

// W3C Trace Context, https://www.w3.org/TR/trace-context/#traceparent-header
struct TraceContext {
  std::string trace_id;   // 32 hexadecimal digits, not all 0
  std::string parent_id;  // 16 of them: the caller's span
  bool sampled = false;
};

// Nothing for what breaks the format, which is then ignored as the specification asks. Versions to
// come are read as far as this one goes.
std::optional<TraceContext> parse_traceparent(std::string_view value);

// Whether an x-request-id that a client sends can be taken over into headers and logs: 1 to 128
// letters, digits and any of -_.:/=+
bool is_request_id(std::string_view value);

}  // namespace pincer
