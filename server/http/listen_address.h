// Where to listen and what to speak there, as the user writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

enum class Speech {
  http,
  https,   // HTTP over TLS
  framed,  // docs/framed-protocol.md
};

struct ListenAddress {
  std::string text;  // as written
  Speech speech = Speech::http;
  std::string host;        // TCP: a name or an address, IPv6 without brackets
  std::uint16_t port = 0;  // TCP; 0: any free one
  std::string path;        // Unix socket; empty for TCP
};

// "http://host:port", "https://host:port", "tcp://host:port" (IPv6 in brackets), "unix:/path"
// (HTTP) and "tcp+unix:/path". Errors: invalid_argument; names the forms.
Result<ListenAddress> parse_listen_address(std::string_view text);

// The scheme of a TCP address: "https://".
std::string_view url_scheme(Speech speech);

}  // namespace pincer
