#include "server/http/listen_address.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>

namespace pincer {
namespace {

Error malformed(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_argument,
          fmt::format(
              "'{}' is not an address to listen on: {}. Write http://127.0.0.1:8080 or unix:/path.",
              text, why)};
}

Result<ListenAddress> parse_unix(std::string_view text, std::string_view path) {
  if (!path.starts_with('/')) return malformed(text, "the path of a Unix socket begins with '/'");
  constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > kMaxPath) {
    return malformed(text, fmt::format("the path of a Unix socket has at most {} bytes", kMaxPath));
  }
  return ListenAddress{std::string(text), "", 0, std::string(path)};
}

Result<ListenAddress> parse_http(std::string_view text, std::string_view authority) {
  if (authority.ends_with('/')) authority.remove_suffix(1);
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']'))
    return malformed(text, "it has no port");
  std::string_view host = authority.substr(0, colon);
  const std::string_view digits = authority.substr(colon + 1);
  ListenAddress address{std::string(text), "", 0, ""};
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return malformed(text, fmt::format("'{}' is not a port from 0 to 65535", digits));
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return malformed(text, "an IPv6 address stands in brackets");
  }
  if (host.empty() || host.find_first_of("/?#@ ") != std::string_view::npos) {
    return malformed(text, "it has no plain host name");
  }
  address.host = host;
  return address;
}

}  // namespace

Result<ListenAddress> parse_listen_address(std::string_view text) {
  constexpr std::string_view kUnix = "unix:", kHttp = "http://";
  if (text.starts_with(kUnix)) return parse_unix(text, text.substr(kUnix.size()));
  if (text.starts_with(kHttp)) return parse_http(text, text.substr(kHttp.size()));
  for (const std::string_view later : {"https://", "tcp://"}) {
    if (!text.starts_with(later)) continue;
    return Error{
        ErrorCode::unsupported,
        fmt::format(
            "'{}': {} is not supported yet. Listen on http://127.0.0.1:8080 or unix:/path{}.", text,
            later, later == "https://" ? ", with a TLS proxy in front" : "")};
  }
  return malformed(text, "it begins with neither http:// nor unix:");
}

}  // namespace pincer
