// Which pool files there are, and which processes have them mapped: what `pincer pool` and `pincer
// ps` print. Read from the files and from /proc; nobody is asked.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

struct PoolFileInfo {
  std::string name;  // the model's: the source file's stem
  std::filesystem::path file;
  std::string layout;         // "int8g32 16x4"; empty: it is no sound pool file of this version
  std::int64_t bytes = 0;     // of the file
  std::int64_t resident = 0;  // bytes of it in the file cache
  double last_used_s = 0;     // seconds since a process last mapped it
};
// Every *.pool in the folder, by name; none when there is no folder.
Result<std::vector<PoolFileInfo>> pool_files(const std::filesystem::path& dir);

// One pool file in one process. Bytes as /proc/PID/smaps counts them: a page is shared when another
// process (or mapping) has it as well.
struct PoolMapping {
  int pid = 0;
  std::string command;
  std::filesystem::path file;  // of a deleted one: its former name
  bool deleted = false;
  std::int64_t bytes = 0;  // mapped
  std::int64_t resident = 0, shared = 0, private_bytes = 0;
  std::int64_t pss = 0;  // resident, each page divided by the number of its users
};
// Of all processes that this user may look at. `proc` is /proc but in tests.
std::vector<PoolMapping> pool_mappings(const std::filesystem::path& proc = "/proc");

// What this process has resident of all its pool files and of nothing else.
std::int64_t resident_pool_bytes();

// The model's name and the layout in words, from a pool file's name and header.
std::string pool_model_name(const std::filesystem::path& file);
std::string pool_layout_name(const std::filesystem::path& file);

// When a pool file was last used is its time of access, which is set when a process maps it and by
// whoever goes on using it.
void note_use(const std::filesystem::path& file);
double seconds_since_use(const std::filesystem::path& file);  // 0: the file is not there

// Deletes a pool file. Processes that have it mapped go on with it; the next load packs anew.
Result<void> remove_pool_file(const std::filesystem::path& file);

}  // namespace pincer
