// Who may ask: host names, origins and keys.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/problem.h"
#include "server/http/request.h"

namespace pincer {

// The API key that came with a request, known or not; empty: none.
std::string_view shown_key(const Request& request);

// Immutable.
class Access {
 public:
  Access(std::vector<std::string> api_keys, std::vector<std::string> allowed_hosts);

  // A web page may reach a server on this machine through a host name of its own that resolves to
  // 127.0.0.1 (DNS rebinding), or post to it across origins. Hence on loopback, Host and Origin
  // must name this machine. 403 otherwise.
  std::optional<Problem> check_host(const Request& request) const;

  // 401 unless one of the keys is shown, or there are none. Takes the same time whatever the key
  // is.
  std::optional<Problem> check_key(const Request& request) const;

 private:
  bool allowed(std::string_view authority) const;

  std::vector<std::string> api_keys_;
  std::vector<std::string> hosts_;  // lower case, IPv6 in brackets
  bool any_host_ = false;
};

}  // namespace pincer
