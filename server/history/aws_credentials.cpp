#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "server/history/s3_object_store.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool is_credential(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
}

Result<AwsCredentials> from_environment() {
  AwsCredentials found{.key_id = variable("AWS_ACCESS_KEY_ID"),
                       .secret = variable("AWS_SECRET_ACCESS_KEY"),
                       .session_token = variable("AWS_SESSION_TOKEN")};
  const bool fits = is_credential(found.key_id) && is_credential(found.secret) &&
                    is_credential(found.session_token);
  if (!found.key_id.empty() && !found.secret.empty() && fits) return found;
  return Error{ErrorCode::invalid_argument,
               "there are no credentials for storage.cold.s3: name a file in credentials_file, or "
               "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"};
}

}  // namespace

Result<AwsCredentials> read_aws_credentials(const std::string& file) {
  if (file.empty()) return from_environment();
  std::ifstream in(file);
  if (!in) {
    return Error{ErrorCode::io, fmt::format("cannot read the credentials for S3 in {}: {}", file,
                                            std::strerror(errno))};
  }
  std::error_code error;
  const fs::perms others = fs::status(file, error).permissions() & fs::perms::others_read;
  if (!error && others != fs::perms::none) {
    spdlog::warn("everybody on this machine can read the credentials in {}: chmod 600 {}", file,
                 file);
  }
  AwsCredentials found;
  for (std::string* part : {&found.key_id, &found.secret, &found.session_token}) {
    std::getline(in, *part);
    while (part->ends_with('\r') || part->ends_with(' ')) part->pop_back();
    if (is_credential(*part)) continue;
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{}: a line has characters that no credential has", file)};
  }
  if (!found.key_id.empty() && !found.secret.empty()) return found;
  return Error{ErrorCode::invalid_argument,
               fmt::format("{} holds no credentials: the key id stands in its first line, the "
                           "secret in its second",
                           file)};
}

}  // namespace pincer
