#include "server/log/access_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/json.hpp>
#include <cmath>

#include "server/http/trace_context.h"

namespace pincer {
namespace {

namespace json = boost::json;

constexpr std::size_t kMaxPath = 1024;

std::string utc(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto ms = whole.time_since_epoch().count() % 1000;
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     ms);
}

// Whole microseconds, so that lines stay short.
double ms(double seconds) { return std::round(seconds * 1e6) / 1e3; }

void add_generation(json::object& line, const RequestRecord& record) {
  if (record.output_tokens > 0) line["completion_tokens"] = record.output_tokens;
  if (record.first_token_s >= 0) line["first_token_ms"] = ms(record.first_token_s);
  if (record.queued_s < 0) return;
  line["prompt_tokens"] = record.prompt_tokens;
  line["cached_tokens"] = record.cached_tokens;
  line["queued_ms"] = ms(record.queued_s);
  line["prefill_ms"] = ms(record.prefill_s);
  line["decode_ms"] = ms(record.decode_s);
}

}  // namespace

std::string access_line(const AccessEntry& entry) {
  json::object line{{"time", utc(entry.time)}, {"id", entry.id}};
  if (const auto trace = parse_traceparent(entry.traceparent)) {
    line["trace_id"] = trace->trace_id;
    line["parent_id"] = trace->parent_id;
    line["sampled"] = trace->sampled;
  }
  if (!entry.key.empty()) line["key"] = entry.key;
  line["method"] = entry.method;
  line["path"] = entry.path.substr(0, kMaxPath);
  line["status"] = entry.status;
  line["bytes"] = entry.bytes;
  line["duration_ms"] = ms(entry.seconds);
  const RequestRecord& record = entry.record;
  if (!record.model.empty()) line["model"] = record.model;
  if (!record.upstream.empty()) line["upstream"] = record.upstream;
  add_generation(line, record);
  if (!record.error.empty()) line["error"] = record.error;
  return json::serialize(line);
}

}  // namespace pincer
