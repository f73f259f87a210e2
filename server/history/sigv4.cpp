#include "server/history/sigv4.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>

namespace pincer {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

// Without spaces at the ends, and inside one for many.
std::string trimmed(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c != ' ' || (!text.empty() && text.back() != ' ')) text += c;
  }
  if (text.ends_with(' ')) text.pop_back();
  return text;
}

std::string signed_headers(const AwsRequest& request) {
  std::string names;
  for (const auto& [name, value] : request.headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonical(const AwsRequest& request) {
  std::string text = fmt::format("{}\n{}\n{}\n", request.method, request.path, aws_query(request));
  for (const auto& [name, value] : request.headers)
    text += fmt::format("{}:{}\n", name, trimmed(value));
  return text + fmt::format("\n{}\n{}", signed_headers(request), request.payload_sha256);
}

}  // namespace

std::string aws_time(std::chrono::system_clock::time_point time) {
  return fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string aws_encoded(std::string_view text, bool keep_slash) {
  std::string encoded;
  for (const char c : text) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool plain = letter || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' ||
                       c == '~' || (keep_slash && c == '/');
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

std::string aws_query(const AwsRequest& request) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const auto& [name, value] : request.query)
    pairs.emplace_back(aws_encoded(name, false), aws_encoded(value, false));
  std::ranges::sort(pairs);
  std::string text;
  for (const auto& [name, value] : pairs)
    text += fmt::format("{}{}={}", text.empty() ? "" : "&", name, value);
  return text;
}

Sha256 aws_signing_key(const AwsCredentials& credentials, const AwsScope& scope,
                       std::string_view day) {
  const std::string secret = "AWS4" + credentials.secret;
  Sha256 key =
      hmac_sha256({reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()}, day);
  for (const std::string_view part :
       {std::string_view(scope.region), std::string_view(scope.service),
        std::string_view("aws4_request")})
    key = hmac_sha256(key, part);
  return key;
}

std::string aws_authorization(const AwsRequest& request, const AwsCredentials& credentials,
                              const AwsScope& scope, std::string_view time) {
  const std::string_view day = time.substr(0, time.find('T'));
  const std::string place = fmt::format("{}/{}/{}/aws4_request", day, scope.region, scope.service);
  const std::string to_sign =
      fmt::format("{}\n{}\n{}\n{}", kAlgorithm, time, place, hex(sha256(canonical(request))));
  const Sha256 signature = hmac_sha256(aws_signing_key(credentials, scope, day), to_sign);
  return fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                     credentials.key_id, place, signed_headers(request), hex(signature));
}

}  // namespace pincer
