#include "server/cli/tuning_report.h"

#include <fmt/format.h>

#include <limits>

namespace pincer {
namespace {

constexpr std::int64_t kMany = std::numeric_limits<std::int64_t>::max();

std::string band_text(const kernels::Band& band) {
  const std::string rows =
      band.rows == kMany ? "more rows" : fmt::format("up to {} rows", band.rows);
  const std::string weights = band.weights == kMany
                                  ? "more weights"
                                  : fmt::format("up to {} Mi weights", band.weights >> 20);
  return rows + ", " + weights;
}

boost::json::value limit_json(std::int64_t value) {
  return value == kMany ? boost::json::value(nullptr) : boost::json::value(value);
}

boost::json::value time_json(double ns) {
  return ns > 0 ? boost::json::value(ns) : boost::json::value(nullptr);
}

}  // namespace

std::string tuning_text(const kernels::Tuning& tuning) {
  std::string text;
  std::size_t changed = 0, unmeasured = 0;
  for (std::size_t i = 0; i < tuning.bands().size(); ++i) {
    const kernels::TunedBand& band = tuning.bands()[i];
    unmeasured += band.ns == 0 ? 1 : 0;
    if (band.plan == band.usual) continue;
    ++changed;
    text += fmt::format("  {:<36} {}: {:.2f} x as fast as usual\n", band_text(kernels::bands()[i]),
                        describe(band.plan), band.usual_ns / band.ns);
  }
  text += fmt::format("  {} of {} bands keep the usual plan\n", tuning.bands().size() - changed,
                      tuning.bands().size());
  if (unmeasured > 0)
    text += fmt::format(
        "  {} were not measured: time was up, or other programs kept the cores busy\n", unmeasured);
  return text;
}

boost::json::array tuning_json(const kernels::Tuning& tuning) {
  boost::json::array rows;
  for (std::size_t i = 0; i < tuning.bands().size(); ++i) {
    const kernels::Band& band = kernels::bands()[i];
    const kernels::TunedBand& tuned = tuning.bands()[i];
    rows.push_back({{"rows", limit_json(band.rows)},
                    {"weights", limit_json(band.weights)},
                    {"kernel", std::string(tuned.plan.kernel->name)},
                    {"threads", tuned.plan.threads},
                    {"split", tuned.plan.split == kernels::Split::rows ? "rows" : "panels"},
                    {"ns", time_json(tuned.ns)},
                    {"without_tuning_ns", time_json(tuned.usual_ns)}});
  }
  return rows;
}

}  // namespace pincer
