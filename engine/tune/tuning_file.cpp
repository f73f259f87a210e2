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

constexpr std::string_view kColumns =
    "# rows weights | kernel threads split ns | without tuning: kernel threads split ns\n";

std::string plan_text(const ProductPlan& plan, double ns) {
  return fmt::format("{} {} {} {:.0f}", plan.kernel->name, plan.threads,
                     plan.split == Split::rows ? "rows" : "panels", ns);
}

const GemmKernel* find_kernel(const TuningKey& key, const Band& band, std::string_view name) {
  for (const GemmKernel* kernel : kernels_for(key.kernels, key.limit, band.rows)) {
    if (kernel->name == name) return kernel;
  }
  return nullptr;
}

bool read_plan(std::istream& in, const TuningKey& key, const Band& band, ProductPlan& plan,
               double& ns) {
  std::string name, split;
  if (!(in >> name >> plan.threads >> split >> ns)) return false;
  plan.kernel = find_kernel(key, band, name);
  plan.split = split == "rows" ? Split::rows : Split::panels;
  return plan.kernel != nullptr && plan.threads >= 1 && plan.threads <= key.threads &&
         (split == "rows" || split == "panels") && ns >= 0;
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
    text += fmt::format("{} {} {} {}\n", band.rows, band.weights, plan_text(tuned.plan, tuned.ns),
                        plan_text(tuned.usual, tuned.usual_ns));
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
    if (!(in >> band.rows >> band.weights) || band != expected ||
        !read_plan(in, key, band, row.plan, row.ns) ||
        !read_plan(in, key, band, row.usual, row.usual_ns)) {
      return std::nullopt;
    }
    tuned.push_back(row);
  }
  std::string more;
  if (in >> more) return std::nullopt;
  return kernels::Tuning(std::move(tuned));
}

}  // namespace pincer
