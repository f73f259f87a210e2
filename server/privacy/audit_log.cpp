#include "server/privacy/audit_log.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/sha.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "server/privacy/json_text.h"

namespace pincer {
namespace {

std::string utc(std::chrono::system_clock::time_point time) {
  const auto whole = std::chrono::floor<std::chrono::milliseconds>(time);
  const auto ms = whole.time_since_epoch().count() % 1000;
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                     ms);
}

std::string sha256_hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  std::string hex;
  for (const unsigned char byte : digest) hex += fmt::format("{:02x}", byte);
  return hex;
}

}  // namespace

std::string audit_line(const AuditEntry& entry) {
  using privacy::json_escaped;
  std::string classes;
  for (const ClassCount& each : entry.replaced) {
    classes +=
        fmt::format("{}\"{}\":{}", classes.empty() ? "" : ",", class_name(each.kind), each.count);
  }
  return fmt::format(
      R"({{"time":"{}","id":"{}","upstream":"{}","model":"{}","replaced":{{{}}},"bytes":{},"sha256":"{}"}})",
      utc(entry.time), json_escaped(entry.id), json_escaped(entry.upstream),
      json_escaped(entry.model), classes, entry.body.size(), sha256_hex(entry.body));
}

Result<std::unique_ptr<AuditLog>> AuditLog::open(const std::filesystem::path& file) {
  auto log = AccessLog::open(file);
  if (!log) {
    return Error{ErrorCode::io, fmt::format("cannot write the audit log {}: {}; check "
                                            "privacy.audit_log",
                                            file.string(), std::strerror(errno))};
  }
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(*log)));
}

}  // namespace pincer
