// Where a remote upstream is: its base address taken apart, and the proxy in front of it.
#pragma once

#include <functional>
#include <string>

#include "pincer/engine/result.h"
#include "server/route/route_config.h"

namespace pincer {

struct Endpoint {
  bool tls = false;
  std::string host, port;  // of the upstream; empty for a Unix socket
  std::string unix_path;
  std::string prefix;                  // of its paths: "/v1"
  std::string authority;               // for the Host header
  std::string proxy_host, proxy_port;  // empty: none
};

// "http://host[:port][/prefix]", "https://…", "unix:/path". The proxy is the configuration's, or
// that of the variables https_proxy, http_proxy (both also in capitals) and no_proxy, which are
// asked for by `environment`; null: the process's own. Errors: invalid_argument (names the
// address).
Result<Endpoint> parse_endpoint(const UpstreamConfig& config,
                                const std::function<const char*(const char*)>& environment = {});

}  // namespace pincer
