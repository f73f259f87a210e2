// Where to listen, as the user writes it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pincer/engine/result.h"

namespace pincer {

struct ListenAddress {
  std::string text;        // as written
  std::string host;        // TCP: a name or an address, IPv6 without brackets
  std::uint16_t port = 0;  // TCP; 0: any free one
  std::string path;        // Unix socket; empty for TCP
};

// "http://host:port", "http://[v6]:port", "unix:/path". Errors: invalid_argument, unsupported; both
// name the forms.
Result<ListenAddress> parse_listen_address(std::string_view text);

}  // namespace pincer
