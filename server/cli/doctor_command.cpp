// pincer doctor: what this machine has, what will be used and why, and what is wrong.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <optional>
#include <span>

#include "pincer/engine/tuned_products.h"
#include "pincer/kernels/kernel_table.h"
#include "pincer/kernels/limits.h"
#include "server/cli/command.h"
#include "server/cli/paths.h"
#include "server/cli/tuning_report.h"

namespace pincer {
namespace {

struct Line {
  std::string kernel, isa,
      state;  // "chosen", "usable, slower", "not on this CPU", "capped by PINCER_FORCE_ISA"
};

template <class Kernel>
void add_lines(std::span<const Kernel> kernels, std::initializer_list<const Kernel*> chosen,
               std::vector<Line>& lines) {
  const kernels::IsaChoice& choice = kernels::isa_choice();
  for (const auto& k : kernels) {
    const bool is_chosen = std::ranges::find(chosen, &k) != chosen.end();
    const char* state = is_chosen                                  ? "chosen"
                        : !kernels::cpu_supports(k.isa)            ? "not on this CPU"
                        : !kernels::isa_allowed(k.isa, choice.isa) ? "capped by PINCER_FORCE_ISA"
                                                                   : "usable, slower";
    lines.push_back({std::string(k.name), std::string(kernels::isa_name(k.isa)), state});
  }
}

std::vector<Line> kernel_lines() {
  const kernels::KernelTable table = kernels::choose_kernels(kernels::isa_choice().isa);
  std::vector<Line> lines;
  add_lines(kernels::gemm_kernels(), {table.s8.gemm, table.s4.gemm}, lines);
  add_lines(kernels::gemm_few_kernels(), {table.s8.gemm_few, table.s4.gemm_few}, lines);
  add_lines(kernels::gemv_kernels(), {table.s8.gemv, table.s4.gemv}, lines);
  add_lines(kernels::attention_kernels(), {table.attention}, lines);
  add_lines(kernels::attention_s8_kernels(), {table.attention_s8}, lines);
  add_lines(kernels::elementwise_kernels(), {table.elementwise}, lines);
  return lines;
}

std::vector<std::string> problems() {
  std::vector<std::string> found;
  if (!kernels::isa_choice().error.empty()) found.push_back(kernels::isa_choice().error);
  if (const char* threads = std::getenv("PINCER_THREADS");
      threads != nullptr && std::to_string(default_threads()) != threads) {
    found.push_back(
        fmt::format("PINCER_THREADS={} is not a number from 1 to 1024 and is ignored", threads));
  }
  const auto home = pincer_home();
  if (!home) {
    found.push_back(home.error().message);
  } else if (auto made = make_folder(*home); !made) {
    found.push_back(made.error().message);
  } else if (::access(home->c_str(), W_OK) != 0) {
    found.push_back(fmt::format("{} cannot be written: {}; set PINCER_HOME to a folder that can",
                                home->string(), std::strerror(errno)));
  }
  return found;
}

// The tuning of this machine, measured now when that is asked for; nothing where there is none yet.
std::optional<kernels::Tuning> tuning(bool measure, int threads) {
  const auto home = pincer_home();
  if (!home) return std::nullopt;
  const kernels::Isa isa = kernels::isa_choice().isa;
  const kernels::ProductKernels products = kernels::choose_kernels(isa).s8;
  if (measure) return measure_products(*home, products, isa, threads);
  return read_tuned_products(*home, products, isa, threads);
}

int doctor(bool as_json, bool measure) {
  const int threads = default_threads();
  const double read = kernels::measure_read_gb_s(kernels::kMemoryBytes, threads);
  const double peak = kernels::measure_int8_gmac_s(kernels::isa_choice().isa, threads);
  const double memory = static_cast<double>(::sysconf(_SC_PHYS_PAGES)) *
                        static_cast<double>(::sysconf(_SC_PAGESIZE)) * 1e-9;
  const std::vector<Line> lines = kernel_lines();
  const std::vector<std::string> wrong = problems();
  const std::optional<kernels::Tuning> tuned = tuning(measure, threads);
  const kernels::IsaChoice& choice = kernels::isa_choice();
  if (as_json) {
    namespace json = boost::json;
    json::array kernels_json;
    for (const Line& l : lines)
      kernels_json.push_back(
          json::object{{"kernel", l.kernel}, {"isa", l.isa}, {"state", l.state}});
    fmt::print("{}\n",
               json::serialize(json::object{
                   {"schema", 1},
                   {"version", version()},
                   {"cpu", kernels::cpu_description()},
                   {"isa", std::string(kernels::isa_name(choice.isa))},
                   {"isa_forced", choice.forced},
                   {"threads", threads},
                   {"memory_gb", memory},
                   {"read_gb_s", read},
                   {"int8_gmac_s", peak},
                   {"kernels", std::move(kernels_json)},
                   {"tuning", tuned ? json::value(tuning_json(*tuned)) : json::value(nullptr)},
                   {"problems", json::value_from(wrong)}}));
  } else {
    fmt::print("pincer {}\ncpu       {}\n", version(), kernels::cpu_description());
    fmt::print("kernels   {}{}\n", kernels::isa_name(choice.isa),
               choice.forced ? " (PINCER_FORCE_ISA)" : ", the best that this CPU has");
    for (const Line& l : lines) fmt::print("  {:<44} {}\n", l.kernel, l.state);
    fmt::print("threads   {}\nmemory    {:.1f} GB\n", threads, memory);
    if (tuned) {
      fmt::print("tuning    of products, measured here; --tune measures again\n{}",
                 tuning_text(*tuned));
    } else {
      fmt::print("tuning    none yet: measured when a model is first used, or by --tune\n");
    }
    fmt::print("limits    read {:.1f} GB/s, int8 {:.0f} GMAC/s, with all threads\n", read, peak);
    for (const std::string& w : wrong) fmt::print("problem   {}\n", w);
    if (wrong.empty()) fmt::print("problems  none\n");
  }
  return wrong.empty() ? kOk : kFailed;
}

}  // namespace

void add_doctor_command(CLI::App& app, Action& action) {
  const auto as_json = std::make_shared<bool>(false);
  CLI::App* sub = app.add_subcommand(
      "doctor", "Show the CPU, the kernels chosen and why, the limits, and what is wrong");
  sub->add_flag("--json", *as_json, "print one JSON object");
  const auto measure = std::make_shared<bool>(false);
  sub->add_flag("--tune", *measure,
                "measure again which kernels and threads are best for which products");
  sub->footer("Examples:\n  pincer doctor\n  pincer doctor --tune");
  sub->callback([as_json, measure, &action] {
    action = [as_json, measure] { return doctor(*as_json, *measure); };
  });
}

}  // namespace pincer
