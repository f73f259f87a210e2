#include "server/trace/chrome_trace.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <iterator>

#include "server/trace/step_slices.h"

namespace pincer {
namespace {

double microseconds(std::int64_t ns) { return static_cast<double>(ns) * 1e-3; }

// A complete event. Names are ours and need no escapes.
void add_slice(std::string& out, const StepSlice& slice, std::int64_t step_start,
               const std::string& args) {
  fmt::format_to(std::back_inserter(out),
                 R"({{"ph":"X","pid":1,"tid":1,"name":"{}","cat":"{}","ts":{:.3f},"dur":{:.3f})",
                 slice.name, slice.category, microseconds(step_start + slice.start_ns),
                 microseconds(slice.ns));
  if (!args.empty()) fmt::format_to(std::back_inserter(out), R"(,"args":{})", args);
  out += "},\n";
}

std::string step_args(const StepRecord& r) {
  return fmt::format(
      R"({{"number":{},"sequences":{},"rows":{},"prompt_rows":{},"drafts":{},"sampled":{}}})",
      r.number, r.sequences, r.rows, r.prompt_rows, r.drafts, r.sampled);
}

void add_step(std::string& out, const StepRecord& r) {
  for (const StepSlice& slice : slices_of(r))
    add_slice(out, slice, r.start_ns, slice.depth == 0 ? step_args(r) : std::string());
  fmt::format_to(
      std::back_inserter(out),
      R"({{"ph":"C","pid":1,"name":"batch","ts":{:.3f},"args":{{"rows":{},"waiting":{}}}}},)"
      "\n",
      microseconds(r.start_ns), r.rows, r.waiting);
}

}  // namespace

std::string chrome_trace(std::string_view model, std::span<const StepRecord> records) {
  const std::string process =
      boost::json::serialize(boost::json::value("pincer " + std::string(model)));
  std::string out = "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n";
  for (const StepRecord& r : records) add_step(out, r);
  fmt::format_to(std::back_inserter(out),
                 R"({{"ph":"M","pid":1,"tid":1,"name":"thread_name","args":{{"name":"engine"}}}},)"
                 "\n"
                 R"({{"ph":"M","pid":1,"name":"process_name","args":{{"name":{}}}}})"
                 "\n]}}\n",
                 process);
  return out;
}

}  // namespace pincer
