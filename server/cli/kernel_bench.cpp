#include "server/cli/kernel_bench.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "pincer/kernels/measure/machine.h"
#include "server/cli/command.h"
#include "server/cli/interrupt.h"
#include "server/cli/kernel_report.h"
#include "server/cli/progress.h"

namespace pincer {
namespace {

using kernels::measure::Case;

constexpr double kCaseSeconds = 0.12;
constexpr double kQuickSeconds = 0.03;
// A case gets its time in parts, between which others with the same weights have theirs: what
// disturbs the machine for a moment disturbs a part.
constexpr int kParts = 3;

// Each text once, in order, with commas.
std::string list(const std::vector<Case>& cases, std::string (*text)(const Case&)) {
  std::vector<std::string> words;
  for (const Case& c : cases) {
    std::string word = text(c);
    if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
  }
  return fmt::format("{}", fmt::join(words, ", "));
}

// What the filter leaves; without it, everything. It looks at all there is when the usual cases
// have nothing for it.
Result<std::vector<Case>> select(const KernelBenchFlags& flags) {
  std::vector<Case> found = matching(cases(flags.effort, flags.threads), flags.filter);
  if (!found.empty()) return found;
  const std::vector<Case> all = cases(kernels::measure::Effort::all, flags.threads);
  found = matching(all, flags.filter);
  if (!found.empty()) return found;
  return Error{
      ErrorCode::invalid_argument,
      fmt::format("--filter '{}' fits no case, whose names are like {}; kernels: {}; layers: {}",
                  flags.filter, all.front().id(),
                  list(all, [](const Case& c) { return std::string(c.kernel); }),
                  list(all, [](const Case& c) { return fmt::format("{}.{}", c.model, c.layer); }))};
}

class KernelBench {
 public:
  KernelBench(std::vector<Case> cases, const std::atomic<bool>& stop)
      : cases_(std::move(cases)), timings_(cases_.size()), stop_(stop) {}

  // Up to the end, or to an interrupt.
  void measure(double seconds) {
    Progress progress("measuring kernels", Progress::Unit::cases);
    const auto total = static_cast<std::int64_t>(cases_.size());
    std::int64_t done = 0;
    for (const std::vector<std::size_t>& group : by_weights(cases_)) {
      for (int part = 0; part < kParts; ++part) {
        for (const std::size_t i : group) {
          progress.update(done + part * static_cast<std::int64_t>(group.size()) / kParts, total);
          if (stop_) return;
          limits_.keep_fresh(cases_[i]);
          timings_[i].add(time_case(cases_[i], store_, seconds / kParts, stop_));
        }
      }
      done += static_cast<std::int64_t>(group.size());
    }
    for (const Case& c : cases_) limits_.read_levels(c.threads);
    limits_.refresh();
  }

  // Of what was measured.
  const KernelReport& report() {
    report_.cpu = kernels::cpu_description();
    report_.date = fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)));
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const Case& c = cases_[i];
      if (timings_[i].ns.empty()) continue;
      report_.read_gb_s[c.threads] = limits_.read_levels(c.threads);
      KernelRow row{c, timings_[i], limits_.level(c.working_set(), c.threads)};
      row.read_gb_s = limits_.read_gb_s(c.working_set(), c.threads);
      if (c.int8()) {
        row.peak_gmac_s = limits_.int8_gmac_s(c.isa, c.threads);
        report_.int8_gmac_s[c.threads][std::string(kernels::isa_name(c.isa))] = row.peak_gmac_s;
      }
      report_.rows.push_back(std::move(row));
    }
    return report_;
  }

  std::string problem() const {
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      if (!timings_[i].problem.empty()) {
        return fmt::format("{}: {}", cases_[i].id(), timings_[i].problem);
      }
    }
    return {};
  }

 private:
  const std::vector<Case> cases_;
  std::vector<kernels::measure::Timing> timings_;
  const std::atomic<bool>& stop_;
  kernels::measure::WeightStore store_;
  kernels::measure::Limits limits_;
  KernelReport report_;
};

}  // namespace

int run_kernel_bench(const KernelBenchFlags& flags) {
  if (const std::string& wrong = kernels::isa_choice().error; !wrong.empty()) {
    return fail({ErrorCode::invalid_argument, wrong});
  }
  auto selected = select(flags);
  if (!selected) return fail_usage(selected.error().message);
  const CatchInterrupt guard;
  KernelBench bench(std::move(*selected), guard.interrupted());
  bench.measure(flags.effort == kernels::measure::Effort::quick ? kQuickSeconds : kCaseSeconds);
  const KernelReport& report = bench.report();
  fmt::print("{}", flags.format == "json"  ? to_json(report)
                   : flags.format == "csv" ? to_csv(report)
                                           : to_markdown(report));
  if (guard.interrupted()) {
    return fail(
        {ErrorCode::cancelled, fmt::format("interrupted after {} cases", report.rows.size())});
  }
  if (const std::string wrong = bench.problem(); !wrong.empty()) {
    return fail({ErrorCode::unsupported, wrong});
  }
  return kOk;
}

}  // namespace pincer
