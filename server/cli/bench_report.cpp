#include "server/cli/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "pincer/engine/speed.h"

namespace pincer {
namespace {

double lowest(const std::vector<double>& v) { return *std::min_element(v.begin(), v.end()); }
double highest(const std::vector<double>& v) { return *std::max_element(v.begin(), v.end()); }

boost::json::object by_threads(const std::map<int, double>& values) {
  boost::json::object out;
  for (const auto& [threads, value] : values) out[std::to_string(threads)] = value;
  return out;
}

}  // namespace

std::string to_markdown(const BenchReport& report) {
  std::string out = fmt::format("{}\nkernels: {}\n", report.cpu, report.kernels);
  for (const auto& [threads, gb] : report.read_gb_s) {
    out += fmt::format("limits with {} thread{}: read {:.1f} GB/s, int8 {:.0f} GMAC/s\n", threads,
                       threads == 1 ? "" : "s", gb, report.int8_gmac_s.at(threads));
  }
  out +=
      "\n| model | test | threads | tokens/s | min - max | GB/s (of read limit) | GMAC/s (of int8 "
      "limit) |\n";
  out += "|---|---|---|---|---|---|---|\n";
  for (const BenchRow& r : report.rows) {
    out += fmt::format(
        "| {} | {} | {} | {:.1f} | {:.1f} - {:.1f} | {:.1f} ({:.0f} %) | {:.1f} ({:.1f} %) |\n",
        r.model, r.test, r.threads, median(r.tokens_per_s), lowest(r.tokens_per_s),
        highest(r.tokens_per_s), r.gb_s, 100 * r.share_of_read, r.gmac_s,
        100 * r.share_of_int8_peak);
  }
  return out;
}

std::string to_json(const BenchReport& report) {
  namespace json = boost::json;
  json::array results;
  for (const BenchRow& r : report.rows) {
    results.push_back(
        json::object{{"model", r.model},
                     {"test", r.test},
                     {"threads", r.threads},
                     {"tokens_per_s", json::object{{"median", median(r.tokens_per_s)},
                                                   {"min", lowest(r.tokens_per_s)},
                                                   {"max", highest(r.tokens_per_s)},
                                                   {"samples", json::value_from(r.tokens_per_s)}}},
                     {"gb_s", r.gb_s},
                     {"gmac_s", r.gmac_s},
                     {"share_of_read", r.share_of_read},
                     {"share_of_int8_peak", r.share_of_int8_peak}});
  }
  const json::object out{
      {"schema", 1},
      {"machine", json::object{{"cpu", report.cpu}, {"kernels", report.kernels}}},
      {"limits", json::object{{"read_gb_s", by_threads(report.read_gb_s)},
                              {"int8_gmac_s", by_threads(report.int8_gmac_s)}}},
      {"results", std::move(results)}};
  return json::serialize(out) + "\n";
}

std::string to_csv(const BenchReport& report) {
  std::string out =
      "model,test,threads,median_tokens_per_s,min,max,gb_s,gmac_s,share_of_read,share_of_int8_"
      "peak\n";
  for (const BenchRow& r : report.rows) {
    out += fmt::format("{},{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f},{:.4f}\n", r.model,
                       r.test, r.threads, median(r.tokens_per_s), lowest(r.tokens_per_s),
                       highest(r.tokens_per_s), r.gb_s, r.gmac_s, r.share_of_read,
                       r.share_of_int8_peak);
  }
  return out;
}

std::string layer_table(const LayerTrace& trace) {
  std::string out = "| layer |";
  for (int p = 0; p < kPhases; ++p) out += fmt::format(" {} |", phase_name(static_cast<Phase>(p)));
  out += " sum, us |\n|---|";
  for (int p = 0; p <= kPhases; ++p) out += "---|";
  out += "\n";
  const auto& layers = trace.cells();
  for (std::size_t l = 0; l < layers.size(); ++l) {
    out += l + 1 == layers.size() ? std::string("| head |") : fmt::format("| {} |", l);
    double sum = 0;
    for (const LayerTrace::Cell& c : layers[l]) {
      const double us =
          c.count > 0 ? static_cast<double>(c.total_ns) * 1e-3 / static_cast<double>(c.count) : 0.0;
      sum += us;
      out += c.count > 0 ? fmt::format(" {:.1f} |", us) : std::string(" |");
    }
    out += fmt::format(" {:.1f} |\n", sum);
  }
  return out;
}

}  // namespace pincer
