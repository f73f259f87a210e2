#include "pincer/kernels/measure/machine.h"

#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "pincer/kernels/limits.h"

namespace pincer::kernels::measure {
namespace {

constexpr std::int64_t kMiB = std::int64_t{1} << 20;
constexpr std::chrono::seconds kFresh{10};

std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// "0-3,8": the number of cores in a list of the kernel.
int count_cores(const std::string& list) {
  int cores = 0;
  std::istringstream ranges(list);
  for (std::string range; std::getline(ranges, range, ',');) {
    int first = 0, last = 0;
    const int numbers = std::sscanf(range.c_str(), "%d-%d", &first, &last);
    if (numbers >= 1) cores += numbers == 2 ? last - first + 1 : 1;
  }
  return std::max(cores, 1);
}

// Sizes that differ by less than a sixteenth share a measurement.
std::int64_t rounded_up(std::int64_t bytes) {
  const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 4096));
  const std::uint64_t step = std::bit_floor(size) / 16;
  return static_cast<std::int64_t>((size + step - 1) / step * step);
}

// Caches of a level on `threads` cores.
std::int64_t instances(const Cache& cache, int threads) {
  return (threads + cache.cores - 1) / cache.cores;
}

// An entry of Limits: ((ISA or bytes a thread, threads), limit).
template <class Entry>
void measure(Entry& entry) {
  const auto& [what, threads] = entry.first;
  double value = 0;
  if constexpr (std::is_same_v<decltype(what), const Isa>) {
    value = measure_int8_gmac_s(what, threads);
  } else {
    value = measure_read_gb_s(what, threads);
  }
  entry.second.value = std::max(entry.second.value, value);
  entry.second.measured = std::chrono::steady_clock::now();
}

}  // namespace

std::int64_t parse_cache_size(const std::string& text) {
  long value = 0;
  char unit = 0;
  int length = 0;
  if (std::sscanf(text.c_str(), "%ld%c%n", &value, &unit, &length) != 2 || value <= 0) return 0;
  if (static_cast<std::size_t>(length) != text.size()) return 0;
  return unit == 'K' ? value * 1024 : unit == 'M' ? value * kMiB : 0;
}

std::vector<Cache> data_caches() {
  std::vector<Cache> caches;
  for (int index = 0;; ++index) {
    const std::string folder =
        "/sys/devices/system/cpu/cpu0/cache/index" + std::to_string(index) + "/";
    const std::string type = first_word(folder + "type");
    if (type.empty()) break;
    if (type == "Instruction") continue;
    Cache cache;
    cache.level = std::atoi(first_word(folder + "level").c_str());
    cache.bytes = parse_cache_size(first_word(folder + "size"));
    cache.cores = count_cores(first_word(folder + "shared_cpu_list"));
    if (cache.bytes > 0) caches.push_back(cache);
  }
  std::ranges::sort(caches, {}, &Cache::level);
  return caches;
}

std::string level_name(std::span<const Cache> caches, std::int64_t bytes, int threads) {
  for (const Cache& cache : caches) {
    if (bytes <= cache.bytes * instances(cache, threads)) return "L" + std::to_string(cache.level);
  }
  return "memory";
}

std::int64_t cold_bytes(std::span<const Cache> caches) {
  const std::int64_t last = caches.empty() ? 0 : caches.back().bytes;
  return std::clamp(4 * last, 256 * kMiB, 1024 * kMiB);
}

Limits::Peaks::iterator Limits::peak(Isa isa, int threads) {
  const auto [at, added] = peaks_.try_emplace({isa, threads});
  if (added) measure(*at);
  return at;
}

Limits::Reads::iterator Limits::read(std::int64_t working_set, int threads) {
  const std::int64_t bytes = rounded_up((working_set + threads - 1) / threads);
  const auto [at, added] = reads_.try_emplace({bytes, threads});
  if (added) measure(*at);
  return at;
}

double Limits::int8_gmac_s(Isa isa, int threads) { return peak(isa, threads)->second.value; }

double Limits::read_gb_s(std::int64_t working_set, int threads) {
  return read(working_set, threads)->second.value;
}

std::map<std::string, double> Limits::read_levels(int threads) {
  std::map<std::string, double> levels;
  for (const Cache& cache : caches_) {
    levels["L" + std::to_string(cache.level)] =
        read_gb_s(cache.bytes * instances(cache, threads) / 2, threads);
  }
  levels["memory"] = read_gb_s(cold_bytes(caches_), threads);
  return levels;
}

void Limits::keep_fresh(const Case& c) {
  const auto now = std::chrono::steady_clock::now();
  const auto renew = [now](auto& entry) {
    if (now - entry.second.measured > kFresh) measure(entry);
  };
  renew(*read(c.working_set(), c.threads));
  if (c.int8()) renew(*peak(c.isa, c.threads));
}

void Limits::refresh() {
  for (auto& entry : peaks_) measure(entry);
  for (auto& entry : reads_) measure(entry);
}

}  // namespace pincer::kernels::measure
