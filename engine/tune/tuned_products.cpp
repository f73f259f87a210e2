#include "pincer/engine/tuned_products.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "engine/parallel/arena.h"
#include "engine/tune/competition.h"
#include "engine/tune/tuning_file.h"

namespace pincer {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

namespace {

// So long measuring may take; a machine that needs more keeps the usual plans for what is left.
constexpr std::chrono::seconds kPatience{2};

// Written beside and renamed: a reader sees all of it or nothing.
void keep(const fs::path& path, const std::string& text) {
  const fs::path beside = path.string() + fmt::format(".{}", ::getpid());
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  std::ofstream file(beside);
  file << text << std::flush;
  if (file) fs::rename(beside, path, error);
  if (!file || error) fs::remove(beside, error);
}

}  // namespace

fs::path tuning_path(const fs::path& dir, const kernels::ProductKernels& kernels,
                     kernels::Isa limit, int threads) {
  const kernels::Layout& l = kernels.layout;
  return dir /
         fmt::format("tuning-{}-s{}g{}-{}-threads.txt", isa_name(limit), l.bits, l.group, threads);
}

std::optional<kernels::Tuning> read_tuned_products(const fs::path& dir,
                                                   const kernels::ProductKernels& kernels,
                                                   kernels::Isa limit, int threads) {
  std::ifstream file(tuning_path(dir, kernels, limit, threads));
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  return read_tuning({kernels, limit, threads}, text.str());
}

kernels::Tuning measure_products(const fs::path& dir, const kernels::ProductKernels& kernels,
                                 kernels::Isa limit, int threads,
                                 const std::function<bool()>& disturbed) {
  Arena arena(threads);
  const auto run = [&arena](int parts, const std::function<void(int)>& work) {
    arena.split(parts, 1, [&](std::int64_t begin, std::int64_t end, int) {
      for (std::int64_t part = begin; part < end; ++part) work(static_cast<int>(part));
    });
  };
  const Competition competition;
  const auto in_vain = [&] { return disturbed ? disturbed() : competition.felt(); };
  kernels::Tuning usual(kernels, threads);
  kernels::Tuning tuning = usual;
  arena.enter([&] {
    tuning = kernels::tune(
        kernels, limit, threads, product_timer(kernels, run),
        [&, end = Clock::now() + kPatience] { return in_vain() || Clock::now() > end; });
  });
  if (in_vain()) return usual;
  keep(tuning_path(dir, kernels, limit, threads), write_tuning({kernels, limit, threads}, tuning));
  return tuning;
}

kernels::Tuning tuned_products(const fs::path& dir, const kernels::ProductKernels& kernels,
                               kernels::Isa limit, int threads) {
  if (auto found = read_tuned_products(dir, kernels, limit, threads)) return *found;
  return measure_products(dir, kernels, limit, threads);
}

}  // namespace pincer
