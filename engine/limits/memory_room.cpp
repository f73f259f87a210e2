#include "engine/limits/memory_room.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>

namespace pincer {
namespace fs = std::filesystem;
namespace {

constexpr std::int64_t kUnlimited = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> read_number(const fs::path& file) {
  std::ifstream in(file);
  std::int64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;  // not there, or "max"
}

// The number after `key` in a file of "key number" lines; 0 without it.
std::int64_t read_field(const fs::path& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::int64_t value = 0;
    if (words >> name >> value && name == key) return value;
  }
  return 0;
}

// Names of the files that say the same in the two versions of cgroups.
struct CgroupFiles {
  const char *limit, *usage;
  std::array<const char*, 2> cache;  // fields of memory.stat that can be reclaimed
};
constexpr CgroupFiles kV1 = {
    "memory.limit_in_bytes", "memory.usage_in_bytes", {"total_inactive_file", "total_active_file"}};
constexpr CgroupFiles kV2 = {"memory.max", "memory.current", {"inactive_file", "active_file"}};

void take_less(MemoryRoom& room, std::int64_t bytes, std::string why) {
  if (bytes >= room.bytes) return;
  room.bytes = std::max<std::int64_t>(bytes, 0);
  room.why = std::move(why);
}

// A group and all above it, up to the mount.
void look_at_groups(const fs::path& mount, fs::path group, const CgroupFiles& files,
                    MemoryRoom& room) {
  while (true) {
    const fs::path dir = mount / group.relative_path();
    const auto limit = read_number(dir / files.limit), usage = read_number(dir / files.usage);
    if (limit && usage) {
      std::int64_t cache = 0;
      for (const char* field : files.cache) cache += read_field(dir / "memory.stat", field);
      const std::int64_t used = std::max<std::int64_t>(0, *usage - cache);
      take_less(room, *limit - used,
                fmt::format("the control group {} allows {}, of which {} are in use",
                            group.string(), human_bytes(*limit), human_bytes(used)));
    }
    if (group == group.parent_path()) return;
    group = group.parent_path();
  }
}

}  // namespace

std::string human_bytes(std::int64_t bytes) {
  const auto value = static_cast<double>(bytes);
  if (value < 1e6) return fmt::format("{:.0f} kB", value / 1e3);
  if (value < 1e9) return fmt::format("{:.{}f} MB", value / 1e6, value < 1e7 ? 1 : 0);
  return fmt::format("{:.{}f} GB", value / 1e9, value < 1e11 ? 1 : 0);
}

MemoryRoom memory_room(const fs::path& root) {
  MemoryRoom room{kUnlimited, "no limit was found"};
  if (const std::int64_t kib = read_field(root / "proc/meminfo", "MemAvailable:"); kib > 0) {
    take_less(room, kib * 1024, fmt::format("{} of memory are available", human_bytes(kib * 1024)));
  }
  std::ifstream in(root / "proc/self/cgroup");
  for (std::string line; std::getline(in, line);) {  // "4:memory:/a/b" or "0::/a/b"
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      look_at_groups(root / "sys/fs/cgroup", group, kV2, room);
    } else if (("," + controllers + ",").find(",memory,") != std::string::npos) {
      look_at_groups(root / "sys/fs/cgroup/memory", group, kV1, room);
    }
  }
  return room;
}

}  // namespace pincer
