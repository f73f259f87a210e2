// A file that says what left for which upstream, by class: never a value. One line of JSON for each
// request that is sent.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"
#include "server/log/access_log.h"
#include "server/privacy/guard.h"

namespace pincer {

struct AuditEntry {
  std::chrono::system_clock::time_point time;
  std::string_view id;  // of the request
  std::string_view upstream, model;
  std::vector<ClassCount> replaced;
  std::string_view body;  // as it is sent; its size and SHA-256 are written
};

std::string audit_line(const AuditEntry& entry);  // docs/privacy.md lists the fields

// Thread-safe. Lines wait in memory for a thread that writes them, as those of the access log.
class AuditLog {
 public:
  // Appends. Error io: names the file.
  static Result<std::unique_ptr<AuditLog>> open(const std::filesystem::path& file);

  void write(const AuditEntry& entry) { log_->write(audit_line(entry)); }
  void reopen() { log_->reopen(); }  // after the file was renamed
  std::int64_t written() const { return log_->written(); }
  std::int64_t dropped() const { return log_->dropped(); }

 private:
  explicit AuditLog(std::unique_ptr<AccessLog> log) : log_(std::move(log)) {}

  std::unique_ptr<AccessLog> log_;
};

}  // namespace pincer
