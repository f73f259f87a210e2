#include "server/report/pool_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <numeric>

#include "engine/limits/memory_room.h"

namespace pincer {

std::vector<PoolRow> process_rows(const std::vector<PoolMapping>& mappings) {
  std::vector<PoolRow> rows;
  for (const PoolMapping& m : mappings) {
    PoolRow row;
    row.name = pool_model_name(m.file);
    row.layout = m.deleted ? "" : pool_layout_name(m.file);
    row.file = m.file;
    row.pid = m.pid;
    row.command = m.command;
    row.processes = 1;
    row.bytes = m.bytes;
    row.resident = m.resident;
    row.shared = m.shared;
    row.private_bytes = m.private_bytes;
    row.pss = m.pss;
    row.last_used_s = m.deleted ? 0 : seconds_since_use(m.file);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<PoolRow> file_rows(const std::vector<PoolFileInfo>& files,
                               const std::vector<PoolMapping>& mappings) {
  std::vector<PoolRow> rows;
  for (const PoolFileInfo& f : files) {
    PoolRow row;
    row.name = f.name;
    row.layout = f.layout;
    row.file = f.file;
    row.bytes = f.bytes;
    row.resident = f.resident;
    row.last_used_s = f.last_used_s;
    for (const PoolMapping& m : mappings) {
      if (m.file != f.file || m.deleted) continue;
      ++row.processes;
      row.shared = std::max(row.shared, m.shared);
      row.private_bytes += m.private_bytes;
      row.pss += m.pss;
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string pool_json(const std::vector<PoolRow>& rows) {
  namespace json = boost::json;
  json::array models;
  for (const PoolRow& r : rows) {
    json::object model{{"name", r.name},
                       {"file", r.file.string()},
                       {"layout", r.layout},
                       {"bytes", r.bytes},
                       {"resident", r.resident},
                       {"shared", r.shared},
                       {"private", r.private_bytes},
                       {"pss", r.pss},
                       {"last_used_s", r.last_used_s},
                       {"processes", r.processes}};
    if (r.pid != 0) {
      model["pid"] = r.pid;
      model["command"] = r.command;
    }
    models.push_back(std::move(model));
  }
  return json::serialize(json::object{{"schema", 1}, {"models", std::move(models)}});
}

std::string age_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 172800) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

namespace {

// The first column is as wide as its longest name.
std::size_t name_width(const std::vector<PoolRow>& rows) {
  return std::accumulate(rows.begin(), rows.end(), std::size_t{5},
                         [](std::size_t w, const auto& r) { return std::max(w, r.name.size()); });
}

}  // namespace

std::string process_table(const std::vector<PoolRow>& rows) {
  const std::size_t width = name_width(rows);
  std::string out =
      fmt::format("{:<{}}  {:>7}  {:<15}  {:<13}  {:>8}  {:>8}  {:>8}  {:>8}  {}\n", "MODEL", width,
                  "PID", "COMMAND", "LAYOUT", "SIZE", "RESIDENT", "SHARED", "PRIVATE", "LAST USED");
  for (const PoolRow& r : rows) {
    out += fmt::format("{:<{}}  {:>7}  {:<15}  {:<13}  {:>8}  {:>8}  {:>8}  {:>8}  {} ago\n",
                       r.name, width, r.pid, r.command, r.layout.empty() ? "deleted" : r.layout,
                       human_bytes(r.bytes), human_bytes(r.resident), human_bytes(r.shared),
                       human_bytes(r.private_bytes), age_text(r.last_used_s));
  }
  return out;
}

std::string file_table(const std::vector<PoolRow>& rows) {
  const std::size_t width = name_width(rows);
  std::string out = fmt::format("{:<{}}  {:<13}  {:>8}  {:>8}  {:>9}  {:<11}  {}\n", "MODEL", width,
                                "LAYOUT", "SIZE", "IN CACHE", "PROCESSES", "LAST USED", "FILE");
  for (const PoolRow& r : rows) {
    out += fmt::format("{:<{}}  {:<13}  {:>8}  {:>8}  {:>9}  {:<11}  {}\n", r.name, width,
                       r.layout.empty() ? "outdated" : r.layout, human_bytes(r.bytes),
                       human_bytes(r.resident), r.processes, age_text(r.last_used_s) + " ago",
                       r.file.filename().string());
  }
  return out;
}

}  // namespace pincer
