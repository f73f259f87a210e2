#include "server/history/s3_failure.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace pincer {
namespace {

constexpr std::size_t kMostShown = 200;

// What a server says, without what could garble a terminal or a log.
std::string shown(std::string_view text) {
  std::string line(text.substr(0, kMostShown));
  std::ranges::replace_if(line, [](unsigned char c) { return c < ' ' || c == 0x7f; }, ' ');
  return line;
}

std::string utc(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string said(const S3Answer& answer) {
  const std::string_view code = xml_text(answer.body, "Code");
  const std::string_view message = xml_text(answer.body, "Message");
  if (code.empty()) return fmt::format("HTTP {}", answer.status);
  return shown(message.empty() ? code : fmt::format("{}: {}", code, message));
}

Error skewed(const S3Answer& answer, const S3Place& place,
             std::chrono::system_clock::time_point now) {
  std::string_view theirs = xml_text(answer.body, "ServerTime");
  if (theirs.empty()) theirs = answer.date;
  return {ErrorCode::network,
          fmt::format("{} refuses requests because the clocks differ: it is {} here and {} there; "
                      "set this machine's clock",
                      place.endpoint, utc(now), theirs.empty() ? "another time" : shown(theirs))};
}

Error other_region(const S3Answer& answer, const S3Place& place) {
  std::string region = answer.region;
  if (region.empty()) region = xml_text(answer.body, "Region");
  return {ErrorCode::network,
          fmt::format("the bucket '{}' at {} is not in region '{}'{}: set storage.cold.s3.region{}",
                      place.bucket, place.endpoint, place.region,
                      region.empty() ? "" : fmt::format(" but in '{}'", shown(region)),
                      region.empty() ? fmt::format(" (it says {})", said(answer)) : "")};
}

}  // namespace

std::string_view xml_text(std::string_view xml, std::string_view element) {
  const std::string open = fmt::format("<{}>", element), close = fmt::format("</{}>", element);
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return {};
  xml.remove_prefix(begin + open.size());
  const std::size_t end = xml.find(close);
  return end == std::string_view::npos ? std::string_view() : xml.substr(0, end);
}

bool is_passing(const S3Answer& answer) {
  const std::string_view code = xml_text(answer.body, "Code");
  return answer.status >= 500 || answer.status == 429 || answer.status == 408 ||
         code == "SlowDown" || code == "RequestTimeout";
}

Error s3_error(const S3Answer& answer, const S3Place& place, const std::string& name,
               std::chrono::system_clock::time_point now) {
  const std::string_view code = xml_text(answer.body, "Code");
  if (code == "NoSuchBucket") {
    return {ErrorCode::network,
            fmt::format("there is no bucket '{}' at {}: make it, or set storage.cold.s3.bucket",
                        place.bucket, place.endpoint)};
  }
  if (code == "RequestTimeTooSkewed" || code == "RequestExpired") return skewed(answer, place, now);
  if (code == "SignatureDoesNotMatch" || code == "InvalidAccessKeyId") {
    return {ErrorCode::network,
            fmt::format("{} does not take the credentials '{}': the key id or the secret is wrong "
                        "({})",
                        place.endpoint, place.key_id, said(answer))};
  }
  if (answer.status / 100 == 3 || code == "AuthorizationHeaderMalformed" ||
      code == "PermanentRedirect" || code == "IllegalLocationConstraintException")
    return other_region(answer, place);
  if (answer.status == 401 || answer.status == 403) {
    return {
        ErrorCode::network,
        fmt::format("'{}' may not use '{}' in the bucket '{}' at {}: {}; it needs s3:GetObject, "
                    "s3:PutObject, s3:DeleteObject and, to tell what is missing from what is "
                    "hidden, s3:ListBucket",
                    place.key_id, name, place.bucket, place.endpoint, said(answer))};
  }
  if (answer.status == 404 && (code.empty() || code == "NoSuchKey")) {
    return {ErrorCode::not_found, fmt::format("there is no object '{}' in the bucket '{}' at {}",
                                              name, place.bucket, place.endpoint)};
  }
  return {ErrorCode::network, fmt::format("{} does not take or give the object '{}': {}",
                                          place.endpoint, name, said(answer))};
}

}  // namespace pincer
