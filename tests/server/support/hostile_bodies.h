// Bodies of chat requests that must be refused, or answered, whatever they are sent over.
#pragma once

#include <string>
#include <vector>

#include "tests/support/sanitizers.h"

namespace pincer::test {

struct HostileBody {
  std::string name;
  std::string body;
  int status = 400;
};

std::vector<HostileBody> hostile_bodies();

// Bytes of memory that this process holds now, and how many more there may be after a test that
// leaves nothing behind (AddressSanitizer keeps what was freed).
std::size_t resident_bytes();
inline constexpr std::size_t kMuchMemory = kAddressSanitizer ? 1 << 30 : 64 << 20;

}  // namespace pincer::test
