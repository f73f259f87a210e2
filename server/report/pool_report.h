// Tables and JSON of `pincer ps` and `pincer pool`.
#pragma once

#include <string>
#include <vector>

#include "pincer/engine/pool_usage.h"

namespace pincer {

// One line: a pool file, or a pool file in a process.
struct PoolRow {
  std::string name, layout;
  std::filesystem::path file;
  int pid = 0;          // of the process; 0: the file by itself
  std::string command;  // the process's
  int processes = 0;    // that have it mapped
  std::int64_t bytes = 0, resident = 0, shared = 0, private_bytes = 0, pss = 0;
  double last_used_s = 0;
};

std::vector<PoolRow> process_rows(const std::vector<PoolMapping>& mappings);
// Files with the sums of those who have them mapped: private bytes add up, shared ones are the same
// pages for all and count once.
std::vector<PoolRow> file_rows(const std::vector<PoolFileInfo>& files,
                               const std::vector<PoolMapping>& mappings);

std::string pool_json(const std::vector<PoolRow>& rows);
std::string process_table(const std::vector<PoolRow>& rows);
std::string file_table(const std::vector<PoolRow>& rows);
// "12 s", "3 min", "5 h", "8 days"
std::string age_text(double seconds);

}  // namespace pincer
