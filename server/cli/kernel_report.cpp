#include "server/cli/kernel_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>

namespace pincer {
namespace {

namespace json = boost::json;

constexpr std::size_t kColumns = 11;
using TableLine = std::array<std::string, kColumns>;
const TableLine kHead = {"mxnxk", "of",      "weights", "threads", "GMAC/s",    "of peak",
                         "GB/s",  "of read", "spread",  "best",    "+ quantize"};
// The first ones hold text, the others numbers.
constexpr std::size_t kTextColumns = 3;

std::string shape_of(const kernels::measure::Case& c) {
  return c.k > 0 ? fmt::format("{}x{}x{}", c.m, c.n, c.k) : fmt::format("{}x{}", c.m, c.n);
}

std::string percent(double share) {
  return share <= 0 ? std::string() : fmt::format("{:.{}f} %", 100 * share, share < 0.1 ? 1 : 0);
}

std::string rate(double value) {
  return value <= 0 ? std::string() : fmt::format("{:.{}f}", value, value < 10 ? 2 : 1);
}

// "s8g32 warm L2"
std::string weights_of(const KernelRow& row) {
  const kernels::measure::Case& c = row.test;
  std::string text = c.layout ? fmt::format("s{}g{} ", c.layout->bits, c.layout->group) : "";
  return text + (c.cold ? "cold " : "warm ") + row.level;
}

TableLine line_of(const KernelRow& row) {
  const kernels::measure::Case& c = row.test;
  const KernelFigures f = figures(row);
  std::string of = fmt::format("{} {}", c.model, c.layer);
  if (!c.kernel.starts_with(c.op)) of = fmt::format("{}, {}", c.op, of);
  return {shape_of(c),
          of,
          weights_of(row),
          std::to_string(c.threads),
          rate(f.gmac_s),
          percent(f.share_of_int8_peak),
          rate(f.gb_s),
          percent(f.share_of_read),
          fmt::format("{:.1f} %", 100 * f.spread),
          fmt::format("+{:.0f} %", 100 * (f.median_ns / f.min_ns - 1)),
          rate(f.quantized_gmac_s)};
}

std::string table_of(const std::vector<TableLine>& lines) {
  std::array<std::size_t, kColumns> width{};
  for (const TableLine& line : lines) {
    for (std::size_t i = 0; i < kColumns; ++i) width[i] = std::max(width[i], line[i].size());
  }
  std::string out;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    out += "|";
    for (std::size_t i = 0; i < kColumns; ++i) {
      out += i < kTextColumns ? fmt::format(" {:<{}} |", lines[l][i], width[i])
                              : fmt::format(" {:>{}} |", lines[l][i], width[i]);
    }
    out += "\n";
    if (l > 0) continue;
    out += "|";
    for (std::size_t i = 0; i < kColumns; ++i) {
      out += i < kTextColumns ? fmt::format(":{:-<{}}|", "", width[i] + 1)
                              : fmt::format("{:-<{}}:|", "", width[i] + 1);
    }
    out += "\n";
  }
  return out;
}

std::string limits_line(const KernelReport& report, int threads) {
  std::string out = fmt::format("limits of {} thread{}: read", threads, threads == 1 ? "" : "s");
  for (const auto& [level, gb_s] : report.read_gb_s.at(threads)) {
    out += fmt::format(" {} {:.0f},", level, gb_s);
  }
  out.back() = ' ';
  out += "GB/s; int8";
  if (report.int8_gmac_s.contains(threads)) {
    for (const auto& [isa, gmac_s] : report.int8_gmac_s.at(threads)) {
      out += fmt::format(" {} {:.0f},", isa, gmac_s);
    }
  }
  out.back() = ' ';
  return out + "GMAC/s\n";
}

json::object by_threads(const std::map<int, std::map<std::string, double>>& values) {
  json::object out;
  for (const auto& [threads, named] : values) {
    json::object inner;
    for (const auto& [name, value] : named) inner[name] = value;
    out[std::to_string(threads)] = std::move(inner);
  }
  return out;
}

// The one value that `pincer bench` calls the limit: memory, the best ISA.
json::object one_by_threads(const std::map<int, std::map<std::string, double>>& values,
                            const std::string& name) {
  json::object out;
  for (const auto& [threads, named] : values) {
    const auto found = named.find(name);
    if (found != named.end()) {
      out[std::to_string(threads)] = found->second;
    } else if (!named.empty()) {
      const auto best = std::ranges::max_element(named, {}, [](const auto& n) { return n.second; });
      out[std::to_string(threads)] = best->second;
    }
  }
  return out;
}

json::value number_or_null(double value) {
  return value > 0 ? json::value(value) : json::value(nullptr);
}

json::object to_json(const KernelRow& row) {
  const kernels::measure::Case& c = row.test;
  const KernelFigures f = figures(row);
  json::object out{{"id", c.id()},
                   {"kernel", std::string(c.kernel)},
                   {"op", std::string(c.op)},
                   {"isa", std::string(kernels::isa_name(c.isa))},
                   {"model", std::string(c.model)},
                   {"layer", std::string(c.layer)},
                   {"m", c.m},
                   {"n", c.n},
                   {"k", c.k},
                   {"threads", c.threads},
                   {"weights", c.cold ? "cold" : "warm"},
                   {"level", row.level},
                   {"bytes", c.bytes},
                   {"gmac_s", number_or_null(f.gmac_s)},
                   {"gb_s", f.gb_s},
                   {"share_of_int8_peak", number_or_null(f.share_of_int8_peak)},
                   {"share_of_read", number_or_null(f.share_of_read)},
                   {"gmac_s_with_quantizing", number_or_null(f.quantized_gmac_s)},
                   {"median_ns", f.median_ns},
                   {"min_ns", f.min_ns},
                   {"spread", f.spread},
                   {"samples", json::value_from(row.timing.ns)},
                   {"samples_with_quantizing", json::value_from(row.timing.quantized_ns)}};
  if (c.layout) {
    out["bits"] = c.layout->bits;
    out["group"] = c.layout->group;
  }
  return out;
}

}  // namespace

KernelFigures figures(const KernelRow& row) {
  const kernels::measure::Summary summary = kernels::measure::summarize(row.timing.ns);
  KernelFigures f;
  f.median_ns = summary.median;
  f.spread = summary.spread;
  f.min_ns = *std::ranges::min_element(row.timing.ns);
  // Billions a second are units a nanosecond.
  f.gmac_s = static_cast<double>(row.test.macs) / f.median_ns;
  f.gb_s = static_cast<double>(row.test.bytes) / f.median_ns;
  if (row.peak_gmac_s > 0) f.share_of_int8_peak = f.gmac_s / row.peak_gmac_s;
  if (row.read_gb_s > 0) f.share_of_read = f.gb_s / row.read_gb_s;
  if (!row.timing.quantized_ns.empty()) {
    f.quantized_gmac_s = static_cast<double>(row.test.macs) /
                         kernels::measure::summarize(row.timing.quantized_ns).median;
  }
  return f;
}

std::string to_markdown(const KernelReport& report) {
  std::string out = report.cpu + "\n";
  for (const auto& [threads, levels] : report.read_gb_s) out += limits_line(report, threads);
  std::vector<TableLine> lines;
  for (std::size_t i = 0; i < report.rows.size(); ++i) {
    const std::string_view kernel = report.rows[i].test.kernel;
    if (lines.empty()) lines.push_back(kHead);
    lines.push_back(line_of(report.rows[i]));
    if (i + 1 < report.rows.size() && report.rows[i + 1].test.kernel == kernel) continue;
    out += fmt::format("\n{}\n\n{}", kernel, table_of(lines));
    lines.clear();
  }
  return out;
}

std::string to_json(const KernelReport& report) {
  json::array results;
  for (const KernelRow& row : report.rows) results.push_back(to_json(row));
  const json::object out{
      {"schema", 1},
      {"machine", json::object{{"cpu", report.cpu}, {"date", report.date}}},
      {"limits", json::object{{"read_gb_s", one_by_threads(report.read_gb_s, "memory")},
                              {"int8_gmac_s", one_by_threads(report.int8_gmac_s, "")},
                              {"read_gb_s_by_level", by_threads(report.read_gb_s)},
                              {"int8_gmac_s_by_isa", by_threads(report.int8_gmac_s)}}},
      {"results", std::move(results)}};
  return json::serialize(out) + "\n";
}

std::string to_csv(const KernelReport& report) {
  std::string out =
      "kernel,op,model,layer,m,n,k,bits,group,threads,weights,level,gmac_s,share_of_int8_peak,"
      "gb_s,share_of_read,median_ns,spread,gmac_s_with_quantizing\n";
  for (const KernelRow& row : report.rows) {
    const kernels::measure::Case& c = row.test;
    const KernelFigures f = figures(row);
    out += fmt::format(
        "{},{},{},{},{},{},{},{},{},{},{},{},{:.3f},{:.4f},{:.3f},{:.4f},{:.1f},{:.4f},"
        "{:.3f}\n",
        c.kernel, c.op, c.model, c.layer, c.m, c.n, c.k,
        c.layout ? std::to_string(c.layout->bits) : "",
        c.layout ? std::to_string(c.layout->group) : "", c.threads, c.cold ? "cold" : "warm",
        row.level, f.gmac_s, f.share_of_int8_peak, f.gb_s, f.share_of_read, f.median_ns, f.spread,
        f.quantized_gmac_s);
  }
  return out;
}

}  // namespace pincer
