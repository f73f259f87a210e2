// Bodies of chat requests that must be refused, or answered, whatever they are sent over.
#pragma once

#include <string>
#include <vector>

namespace pincer::testing {

struct HostileBody {
  std::string name;
  std::string body;
  int status = 400;
};

std::vector<HostileBody> hostile_bodies();

// Bytes of memory that this process holds now, and how many more there may be after a test that
// leaves nothing behind (AddressSanitizer keeps what was freed).
std::size_t resident_bytes();
#ifdef __SANITIZE_ADDRESS__
inline constexpr std::size_t kMuchMemory = 1 << 30;
#else
inline constexpr std::size_t kMuchMemory = 64 << 20;
#endif

}  // namespace pincer::testing
