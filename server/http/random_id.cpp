#include "server/http/random_id.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

namespace pincer {
namespace {

// A device is slow to open: it asks the CPU what it has, which leaves a virtual machine.
std::mt19937_64& generator() {
  thread_local std::mt19937_64 random = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  return random;
}

}  // namespace

std::string random_id(std::string_view prefix) {
  std::mt19937_64& random = generator();
  const std::uint64_t high = random(), low = random();
  return fmt::format("{}{:016x}{:08x}", prefix, high, static_cast<std::uint32_t>(low));
}

std::uint64_t random_seed() { return generator()(); }

}  // namespace pincer
