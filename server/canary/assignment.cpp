#include "server/canary/assignment.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace pincer {

double canary_place(std::string_view target, std::string_view session) {
  const std::uint64_t seed = XXH3_64bits(target.data(), target.size());
  const std::uint64_t hash = XXH3_64bits_withSeed(session.data(), session.size(), seed);
  return static_cast<double>(hash >> 11) * 0x1p-53;
}

std::uint64_t session_hash(std::string_view session) {
  return XXH3_64bits(session.data(), session.size());
}

}  // namespace pincer
