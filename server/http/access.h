// Which web pages and host names may reach a server, and which key a request shows.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/http/problem.h"
#include "server/http/request.h"

namespace pincer {

// The API key that came with a request, known or not; empty: none. `Authorization: Bearer KEY`,
// `x-api-key: KEY`, or for WebSockets from browsers, which cannot send headers, a subprotocol
// "openai-insecure-api-key.KEY".
std::string_view shown_key(const Request& request);

// The subprotocol to agree on: the first that is offered and holds no key; empty: none.
std::string_view offered_subprotocol(const Request& request);

// Immutable.
class Access {
 public:
  // `allowed_origins`: "https://app.example" or "*".
  Access(std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins);

  // A web page may reach a server on this machine through a host name of its own that resolves to
  // 127.0.0.1 (DNS rebinding). Hence on loopback, Host must name this machine. 403 otherwise.
  std::optional<Problem> check_host(const Request& request) const;

  // Pages of the server itself may ask, those of allowed origins, and on loopback those of this
  // machine; others may not even post blindly. 403 otherwise.
  std::optional<Problem> check_origin(const Request& request, bool loopback) const;

  // The headers that let the page of an allowed origin read the answer; none for other requests.
  using Headers = std::vector<std::pair<std::string, std::string>>;
  Headers cors_headers(const Request& request) const;
  // Those of the answer to a preflight for the methods in `allow`; none if it is not one that is
  // allowed.
  Headers preflight_headers(const Request& request, const std::string& allow) const;

 private:
  bool host_allowed(std::string_view authority) const;
  bool origin_allowed(std::string_view origin) const;

  std::vector<std::string> hosts_;  // IPv6 in brackets
  std::vector<std::string> origins_;
  bool any_host_ = false, any_origin_ = false;
};

}  // namespace pincer
