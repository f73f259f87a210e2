#include "engine/tune/tuning_file.h"

#include <fmt/format.h>

#include <sstream>

#include "pincer/kernels/cpu.h"

namespace pincer {
namespace {

using kernels::Band;
using kernels::GemmKernel;
using kernels::ProductPlan;
using kernels::Split;
using kernels::TunedBand;

constexpr std::string_view kColumns = "# rows weights kernel threads split ns ns_without_tuning\n";

const GemmKernel* find_kernel(const TuningKey& key, const Band& band, std::string_view name) {
  for (const GemmKernel* kernel : kernels_for(key.kernels, key.limit, band.rows)) {
    if (kernel->name == name) return kernel;
  }
  // A scalar one, where there is no other.
  const GemmKernel& usual = key.kernels.for_rows(band.rows);
  return usual.name == name ? &usual : nullptr;
}

bool read_band(std::istream& in, const TuningKey& key, const Band& band, TunedBand& tuned) {
  std::string name, split;
  ProductPlan& plan = tuned.plan;
  if (!(in >> name >> plan.threads >> split >> tuned.ns >> tuned.usual_ns)) return false;
  plan.kernel = find_kernel(key, band, name);
  plan.split = split == "rows" ? Split::rows : Split::panels;
  tuned.usual = usual_plan(key.kernels, band, key.threads);
  return plan.kernel != nullptr && plan.threads >= 1 && plan.threads <= key.threads &&
         (split == "rows" || split == "panels") && tuned.ns >= 0 && tuned.usual_ns >= 0;
}

}  // namespace

std::string TuningKey::head() const {
  const kernels::Layout& l = kernels.layout;
  std::string text =
      fmt::format("pincer tuning 1\ncpu {}\nthreads {}\nlayout {} {} {} {} {}\nkernels",
                  kernels::cpu_description(), threads, l.nr, l.kr, l.offset, l.bits, l.group);
  for (const GemmKernel* kernel : kernels_for(kernels, limit, 1)) {
    text += fmt::format(" {}", kernel->name);
  }
  return text + "\n";
}

std::string write_tuning(const TuningKey& key, const kernels::Tuning& tuning) {
  std::string text = key.head() + std::string(kColumns);
  for (std::size_t i = 0; i < tuning.bands().size(); ++i) {
    const Band& band = kernels::bands()[i];
    const TunedBand& tuned = tuning.bands()[i];
    text +=
        fmt::format("{} {} {} {} {} {:.0f} {:.0f}\n", band.rows, band.weights,
                    tuned.plan.kernel->name, tuned.plan.threads,
                    tuned.plan.split == Split::rows ? "rows" : "panels", tuned.ns, tuned.usual_ns);
  }
  return text;
}

std::optional<kernels::Tuning> read_tuning(const TuningKey& key, std::string_view text) {
  const std::string start = key.head() + std::string(kColumns);
  if (!text.starts_with(start)) return std::nullopt;
  std::istringstream in{std::string(text.substr(start.size()))};
  std::vector<TunedBand> tuned;
  for (const Band& expected : kernels::bands()) {
    Band band;
    TunedBand row;
    if (!(in >> band.rows >> band.weights) || band != expected || !read_band(in, key, band, row)) {
      return std::nullopt;
    }
    tuned.push_back(row);
  }
  std::string more;
  if (in >> more) return std::nullopt;
  return kernels::Tuning(std::move(tuned));
}

}  // namespace pincer
