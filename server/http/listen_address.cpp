#include "server/http/listen_address.h"

#include <fmt/format.h>
#include <sys/un.h>

#include <charconv>

namespace pincer {
namespace {

struct Scheme {
  std::string_view prefix;
  Speech speech;
  bool unix_socket;
};
constexpr Scheme kSchemes[] = {
    {"http://", Speech::http, false},    {"https://", Speech::https, false},
    {"tcp://", Speech::framed, false},   {"unix:", Speech::http, true},
    {"tcp+unix:", Speech::framed, true},
};

Error malformed(std::string_view text, std::string_view why) {
  return {ErrorCode::invalid_argument,
          fmt::format("'{}' is not an address to listen on: {}. Write http://127.0.0.1:8080, "
                      "https://HOST:PORT, tcp://HOST:PORT, unix:/path or tcp+unix:/path.",
                      text, why)};
}

Result<ListenAddress> parse_unix(std::string_view text, std::string_view path) {
  if (!path.starts_with('/')) return malformed(text, "the path of a Unix socket begins with '/'");
  constexpr std::size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > kMaxPath) {
    return malformed(text, fmt::format("the path of a Unix socket has at most {} bytes", kMaxPath));
  }
  ListenAddress address;
  address.path = path;
  return address;
}

Result<ListenAddress> parse_tcp(std::string_view text, std::string_view authority) {
  if (authority.ends_with('/')) authority.remove_suffix(1);
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.ends_with(']'))
    return malformed(text, "it has no port");
  std::string_view host = authority.substr(0, colon);
  const std::string_view digits = authority.substr(colon + 1);
  ListenAddress address;
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
  for (const Scheme& scheme : kSchemes) {
    if (!text.starts_with(scheme.prefix)) continue;
    const std::string_view rest = text.substr(scheme.prefix.size());
    auto address = scheme.unix_socket ? parse_unix(text, rest) : parse_tcp(text, rest);
    if (!address) return address.error();
    address->text = text;
    address->speech = scheme.speech;
    return address;
  }
  return malformed(text, "it begins with none of http://, https://, tcp://, unix: and tcp+unix:");
}

std::string_view url_scheme(Speech speech) {
  switch (speech) {
    case Speech::https:
      return "https://";
    case Speech::framed:
      return "tcp://";
    case Speech::http:
      break;
  }
  return "http://";
}

}  // namespace pincer
