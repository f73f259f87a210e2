#include "server/cli/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace pincer {
namespace {

namespace json = boost::json;

double microseconds(const LayerTrace::Cell& cell) {
  return cell.count > 0
             ? static_cast<double>(cell.total_ns) * 1e-3 / static_cast<double>(cell.count)
             : 0.0;
}

// Microseconds by layer and phase, means of all steps.
std::string layer_table(const BenchRow& row) {
  std::string out =
      fmt::format("\n{}, {} thread{}: microseconds a step, by layer and phase\n\n| layer |",
                  row.name, row.threads, row.threads == 1 ? "" : "s");
  for (int p = 0; p < kPhases; ++p) out += fmt::format(" {} |", phase_name(static_cast<Phase>(p)));
  out += " sum |\n|---|";
  for (int p = 0; p <= kPhases; ++p) out += "---|";
  out += "\n";
  for (std::size_t l = 0; l < row.layers.size(); ++l) {
    out += l + 1 == row.layers.size() ? std::string("| head |") : fmt::format("| {} |", l);
    double sum = 0;
    for (const LayerTrace::Cell& cell : row.layers[l]) {
      const double us = microseconds(cell);
      sum += us;
      out += cell.count > 0 ? fmt::format(" {:.1f} |", us) : std::string(" |");
    }
    out += fmt::format(" {:.1f} |\n", sum);
  }
  return out;
}

json::array layers_json(const BenchRow& row) {
  json::array out;
  for (std::size_t l = 0; l < row.layers.size(); ++l) {
    json::object phases;
    for (int p = 0; p < kPhases; ++p) {
      const LayerTrace::Cell& cell = row.layers[l][static_cast<std::size_t>(p)];
      if (cell.count > 0) phases[phase_name(static_cast<Phase>(p))] = microseconds(cell);
    }
    out.push_back(
        json::object{{"layer", l + 1 == row.layers.size() ? json::value("head") : json::value(l)},
                     {"us", std::move(phases)}});
  }
  return out;
}

json::object row_json(const BenchRow& row, const BenchLimits& limits) {
  const BenchFigures f = figures(row, limits);
  json::object out{
      {"model", row.model},
      {"test", row.name},
      {"threads", row.threads},
      {"batch", row.batch},
      {"depth", row.depth},
      {"beyond_context", row.beyond_context},
      {"tokens_per_s", json::object{{"median", f.tokens_per_s},
                                    {"min", f.min},
                                    {"max", f.max},
                                    {"samples", json::value_from(row.speed.tokens_per_s)}}},
      {"gb_s", f.gb_s},
      {"gmac_s", f.gmac_s},
      {"share_of_read", f.share_of_read},
      {"share_of_read_weights", f.share_of_read_weights},
      {"share_of_int8_peak", f.share_of_int8_peak}};
  if (!row.layers.empty()) out["layers"] = layers_json(row);
  return out;
}

json::object limits_json(const BenchReport& report) {
  json::object read, read_weights, int8;
  for (const auto& [threads, limits] : report.limits) {
    const std::string key = std::to_string(threads);
    read[key] = limits.read_gb_s;
    read_weights[key] = limits.read_weights_gb_s;
    int8[key] = limits.int8_gmac_s;
  }
  return {{"read_gb_s", std::move(read)},
          {"read_weights_gb_s", std::move(read_weights)},
          {"int8_gmac_s", std::move(int8)}};
}

}  // namespace

BenchFigures figures(const BenchRow& row, const BenchLimits& limits) {
  const auto [lowest, highest] =
      std::minmax_element(row.speed.tokens_per_s.begin(), row.speed.tokens_per_s.end());
  BenchFigures f{median(row.speed.tokens_per_s), *lowest, *highest};
  const double seconds = static_cast<double>(row.speed.tokens) / f.tokens_per_s;
  const auto bytes = static_cast<double>(row.speed.weight_bytes + row.speed.kv_bytes);
  f.gb_s = bytes * 1e-9 / seconds;
  f.gmac_s = static_cast<double>(row.speed.macs) * 1e-9 / seconds;
  f.share_of_read = f.gb_s / limits.read_gb_s;
  f.share_of_read_weights = f.gb_s / limits.read_weights_gb_s;
  f.share_of_int8_peak = f.gmac_s / limits.int8_gmac_s;
  return f;
}

std::string to_markdown(const BenchReport& report) {
  std::string out =
      fmt::format("{}\nkernels: {}\nweights: {}\n", report.cpu, report.kernels, report.weights);
  for (const auto& [threads, limits] : report.limits) {
    out += fmt::format(
        "limits with {} thread{}: read {:.1f} GB/s from memory, {:.1f} over the {:.0f} MB of the "
        "weights; int8 {:.0f} GMAC/s\n",
        threads, threads == 1 ? "" : "s", limits.read_gb_s, limits.read_weights_gb_s,
        static_cast<double>(report.weight_bytes) * 1e-6, limits.int8_gmac_s);
  }
  out +=
      "\n| model | test | threads | tokens/s | min - max | GB/s (of memory, of weights) | GMAC/s "
      "(of int8 limit) |\n|---|---|---|---|---|---|---|\n";
  bool beyond = false;
  for (const BenchRow& row : report.rows) {
    const BenchFigures f = figures(row, report.limits.at(row.threads));
    out += fmt::format(
        "| {} | {}{} | {} | {:.1f} | {:.1f} - {:.1f} | {:.1f} ({:.0f} %, {:.0f} %) | {:.1f} "
        "({:.1f} %) |\n",
        row.model, row.name, row.beyond_context ? "*" : "", row.threads, f.tokens_per_s, f.min,
        f.max, f.gb_s, 100 * f.share_of_read, 100 * f.share_of_read_weights, f.gmac_s,
        100 * f.share_of_int8_peak);
    beyond = beyond || row.beyond_context;
  }
  if (beyond) {
    out += fmt::format("\n\\* longer than the {} tokens that the model was trained for\n",
                       report.context);
  }
  for (const BenchRow& row : report.rows) {
    if (!row.layers.empty()) out += layer_table(row);
  }
  return out;
}

std::string to_json(const BenchReport& report) {
  json::array results;
  for (const BenchRow& row : report.rows)
    results.push_back(row_json(row, report.limits.at(row.threads)));
  const json::object out{
      {"schema", 1},
      {"machine",
       json::object{{"cpu", report.cpu}, {"kernels", report.kernels}, {"date", report.date}}},
      {"context", report.context},
      {"weights", report.weights},
      {"weight_bytes", report.weight_bytes},
      {"limits", limits_json(report)},
      {"results", std::move(results)}};
  return json::serialize(out) + "\n";
}

std::string to_csv(const BenchReport& report) {
  std::string out =
      "model,test,threads,batch,depth,median_tokens_per_s,min,max,gb_s,gmac_s,share_of_read,"
      "share_of_read_weights,share_of_int8_peak\n";
  for (const BenchRow& row : report.rows) {
    const BenchFigures f = figures(row, report.limits.at(row.threads));
    out += fmt::format("{},{},{},{},{},{:.2f},{:.2f},{:.2f},{:.2f},{:.2f},{:.4f},{:.4f},{:.4f}\n",
                       row.model, row.name, row.threads, row.batch, row.depth, f.tokens_per_s,
                       f.min, f.max, f.gb_s, f.gmac_s, f.share_of_read, f.share_of_read_weights,
                       f.share_of_int8_peak);
  }
  return out;
}

}  // namespace pincer
