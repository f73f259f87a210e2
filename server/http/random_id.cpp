#include "server/http/random_id.h"

#include <fmt/format.h>

#include <cstdint>
#include <random>

namespace pincer {
namespace {

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

std::string random_id(std::string_view prefix) {
  thread_local std::mt19937_64 random = seeded();
  const std::uint64_t high = random(), low = random();
  return fmt::format("{}{:016x}{:08x}", prefix, high, static_cast<std::uint32_t>(low));
}

}  // namespace pincer
