// How much memory this process may still take, and who says so.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace pincer {

struct MemoryRoom {
  std::int64_t bytes = 0;  // the file cache counts as free: the system drops it when need be
  std::string why;         // "24.1 GB of memory are available"
};

// The least of MemAvailable and what each memory cgroup (v1 or v2) above this process leaves.
// `root` stands before /proc and /sys: "/" but in tests. Where nothing can be read: no limit.
MemoryRoom memory_room(const std::filesystem::path& root = "/");

// "1.5 GB", "640 MB": decimal units, three digits at most.
std::string human_bytes(std::int64_t bytes);

}  // namespace pincer
