#include "server/trace/trace_json.h"

#include <boost/json.hpp>
#include <vector>

#include "pincer/engine/trace_summary.h"
#include "pincer/kernels/kernel_table.h"
#include "server/trace/step_slices.h"

namespace pincer {
namespace {

namespace json = boost::json;

json::object head(const StepTrace& trace, std::string_view model) {
  return {{"schema", 1},
          {"model", model},
          {"layers", trace.shape().layers},
          {"threads", trace.shape().threads},
          {"now_ns", trace.now_ns()}};
}

json::array phase_names() {
  json::array names;
  for (int p = 0; p < kPhases; ++p) {
    const auto phase = static_cast<Phase>(p);
    names.push_back(json::object{{"name", phase_name(phase)}, {"part", phase_category(phase)}});
  }
  return names;
}

json::array span_names() {
  json::array names;
  for (int s = 0; s < kStepSpans; ++s) names.emplace_back(step_span_name(static_cast<StepSpan>(s)));
  return names;
}

template <class Values>
json::array means(const Values& sums, std::int64_t count) {
  json::array out;
  for (const std::int64_t sum : sums) out.emplace_back(sum / count);
  return out;
}

json::object bin_json(const TraceBin& bin) {
  json::array layers;
  for (std::size_t at = 0; at < bin.cell_ns.size(); at += kPhases)
    layers.emplace_back(means(std::span(bin.cell_ns).subspan(at, kPhases), bin.steps));
  return {{"start_ns", bin.start_ns},
          {"first", bin.first},
          {"steps", bin.steps},
          {"rows", bin.rows},
          {"prompt_rows", bin.prompt_rows},
          {"sampled", bin.sampled},
          {"step_ns", bin.total_ns / bin.steps},
          {"spans_ns", means(bin.span_ns, bin.steps)},
          {"layers_ns", std::move(layers)}};
}

bool counts(const StepRecord& record, StepKind kind) {
  return kind == StepKind::all || (kind == StepKind::decode) == record.decode_only();
}

double per_second(std::int64_t amount, std::int64_t ns) {
  return ns > 0 ? static_cast<double>(amount) / static_cast<double>(ns) : 0.0;  // 1e-9 cancels
}

std::string_view kernel_of(const PhaseUse& use, const TraceShape& shape) {
  return use.kernel != nullptr ? use.kernel->name
                               : shape.kernels[static_cast<std::size_t>(use.phase)];
}

json::object use_json(const PhaseUse& use, const TraceShape& shape, std::int64_t all_ns) {
  json::object out{
      {"phase", phase_name(use.phase)},
      {"part", phase_category(use.phase)},
      {"steps", use.prompts ? "prompt" : "decode"},
      {"count", use.steps},
      {"kernel", kernel_of(use, shape)},
      {"rows", static_cast<double>(use.rows) / static_cast<double>(use.steps)},
      {"ns_per_step", use.ns / use.steps},
      {"share", all_ns > 0 ? static_cast<double>(use.ns) / static_cast<double>(all_ns) : 0.0}};
  if (use.macs > 0) out["gmac_s"] = per_second(use.macs, use.ns);
  if (use.bytes > 0) out["gb_s"] = per_second(use.bytes, use.ns);
  return out;
}

}  // namespace

std::string heat_json(const StepTrace& trace, std::string_view model,
                      std::span<const StepRecord> records, StepKind kind, std::int64_t stretch_ns,
                      std::int64_t now_ns) {
  const std::int64_t open_since = now_ns / stretch_ns * stretch_ns;
  std::int64_t next = records.empty() ? trace.end() : records.front().number;
  std::vector<StepRecord> closed;
  for (const StepRecord& r : records) {
    if (r.start_ns >= open_since) break;
    next = r.number + 1;
    if (counts(r, kind)) closed.push_back(r);
  }
  json::array bins;
  for (const TraceBin& bin : bins_of(closed, stretch_ns)) bins.emplace_back(bin_json(bin));
  json::object out = head(trace, model);
  out["stretch_ns"] = stretch_ns;
  out["next"] = next;
  out["phases"] = phase_names();
  out["spans"] = span_names();
  out["bins"] = std::move(bins);
  return json::serialize(out);
}

std::string steps_json(const StepTrace& trace, std::string_view model,
                       std::span<const StepRecord> records) {
  json::array steps;
  for (const StepRecord& r : records) {
    steps.push_back(json::array{r.number, r.start_ns, r.total_ns, r.rows, r.prompt_rows, r.drafts,
                                r.sampled, r.waiting});
  }
  json::object out = head(trace, model);
  out["next"] = records.empty() ? trace.end() : records.back().number + 1;
  out["columns"] = {"number",      "start_ns", "total_ns", "rows",
                    "prompt_rows", "drafts",   "sampled",  "waiting"};
  out["steps"] = std::move(steps);
  return json::serialize(out);
}

std::string step_json(std::string_view model, const StepRecord& r) {
  json::array slices;
  for (const StepSlice& s : slices_of(r)) {
    slices.push_back(json::object{{"name", s.name},
                                  {"part", s.category},
                                  {"start_ns", s.start_ns},
                                  {"ns", s.ns},
                                  {"depth", s.depth}});
  }
  return json::serialize(json::object{{"schema", 1},
                                      {"model", model},
                                      {"number", r.number},
                                      {"start_ns", r.start_ns},
                                      {"total_ns", r.total_ns},
                                      {"sequences", r.sequences},
                                      {"rows", r.rows},
                                      {"prompt_rows", r.prompt_rows},
                                      {"drafts", r.drafts},
                                      {"sampled", r.sampled},
                                      {"context", r.context},
                                      {"slices", std::move(slices)}});
}

std::string kernels_json(const StepTrace& trace, std::string_view model,
                         std::span<const StepRecord> records,
                         const std::optional<MachineLimits::Values>& limits) {
  std::int64_t all_ns[2] = {0, 0};  // of steps without and with tokens of prompts
  std::int64_t count[2] = {0, 0};
  for (const StepRecord& r : records) {
    const int kind = r.decode_only() ? 0 : 1;
    all_ns[kind] += r.total_ns;
    ++count[kind];
  }
  json::array uses;
  for (const PhaseUse& use : phase_uses(records, trace.shape()))
    uses.emplace_back(use_json(use, trace.shape(), all_ns[use.prompts ? 1 : 0]));
  json::object out = head(trace, model);
  out["isa"] = kernels::isa_name(trace.shape().isa);
  out["decode_steps"] = count[0];
  out["prompt_steps"] = count[1];
  out["limits"] = limits ? json::value(json::object{{"int8_gmac_s", limits->int8_gmac_s},
                                                    {"read_gb_s", limits->read_gb_s}})
                         : json::value(nullptr);
  out["kernels"] = std::move(uses);
  return json::serialize(out);
}

}  // namespace pincer
