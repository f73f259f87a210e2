#include "server/http/access.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <utility>

namespace pincer {
namespace {

namespace beast = boost::beast;
using boost::beast::http::field;

// The host of "host:port", "[v6]:port" or either without a port; empty if it is malformed.
std::string_view host_of(std::string_view authority) {
  std::size_t end = authority.find(':');
  if (authority.starts_with('[')) {
    end = authority.find(']');
    if (end == std::string_view::npos) return {};
    ++end;
  }
  const std::string_view host = authority.substr(0, end);
  if (host.size() == authority.size()) return host;
  const std::string_view port = authority.substr(host.size());
  const bool digits =
      std::ranges::all_of(port.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  return port.front() == ':' && digits ? host : std::string_view{};
}

// The items of a comma-separated header.
std::vector<std::string_view> list_items(std::string_view value) {
  std::vector<std::string_view> items;
  while (!value.empty()) {
    const auto comma = value.find(',');
    std::string_view item = value.substr(0, comma);
    const auto first = item.find_first_not_of(" \t");
    if (first != std::string_view::npos)
      items.push_back(item.substr(first, item.find_last_not_of(" \t") - first + 1));
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
  return items;
}

constexpr std::string_view kKeyProtocol = "openai-insecure-api-key.";

Problem forbidden(std::string message) {
  return {.status = 403,
          .message = std::move(message),
          .type = "permission_error",
          .code = "forbidden"};
}

}  // namespace

std::string_view shown_key(const Request& request) {
  constexpr std::string_view kBearer = "bearer ";
  const std::string_view value = request.header(field::authorization);
  if (value.size() >= kBearer.size() && beast::iequals(value.substr(0, kBearer.size()), kBearer)) {
    return value.substr(kBearer.size());
  }
  const auto found = request.headers.find("x-api-key");
  if (found != request.headers.end()) return {found->value().data(), found->value().size()};
  for (const std::string_view protocol :
       list_items(request.header(field::sec_websocket_protocol))) {
    if (protocol.starts_with(kKeyProtocol)) return protocol.substr(kKeyProtocol.size());
  }
  return {};
}

std::string_view offered_subprotocol(const Request& request) {
  for (const std::string_view protocol :
       list_items(request.header(field::sec_websocket_protocol))) {
    if (!protocol.starts_with(kKeyProtocol)) return protocol;
  }
  return {};
}

Access::Access(std::vector<std::string> allowed_hosts, std::vector<std::string> allowed_origins)
    : hosts_(std::move(allowed_hosts)), origins_(std::move(allowed_origins)) {
  any_host_ = std::ranges::find(hosts_, "*") != hosts_.end();
  any_origin_ = std::ranges::find(origins_, "*") != origins_.end();
  for (const char* own : {"localhost", "127.0.0.1", "[::1]"}) hosts_.emplace_back(own);
}

bool Access::host_allowed(std::string_view authority) const {
  const std::string_view host = host_of(authority);
  return any_host_ || std::ranges::any_of(
                          hosts_, [host](const std::string& h) { return beast::iequals(h, host); });
}

bool Access::origin_allowed(std::string_view origin) const {
  return !origin.empty() &&
         (any_origin_ || std::ranges::any_of(origins_, [origin](const std::string& o) {
            return beast::iequals(o, origin);
          }));
}

std::optional<Problem> Access::check_host(const Request& request) const {
  const std::string_view host =
      request.authority.empty() ? request.header(field::host) : request.authority;
  const bool browsers_send_it = !request.http_1_0;
  if ((host.empty() && !browsers_send_it) || host_allowed(host)) return std::nullopt;
  return forbidden(fmt::format(
      "The host name '{}' is not served here: use localhost, or add the name to the server's "
      "allowed hosts (--allow-host).",
      host));
}

std::optional<Problem> Access::check_origin(const Request& request, bool loopback) const {
  const std::string_view origin = request.header(field::origin);
  if (origin.empty() || origin_allowed(origin)) return std::nullopt;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    const std::string_view authority = origin.substr(scheme.size());
    const std::string_view host = request.header(field::host);
    if (loopback ? host_allowed(authority) : beast::iequals(authority, host)) return std::nullopt;
  }
  return forbidden(
      fmt::format("Requests from the web origin '{}' are refused: the server allows its own pages "
                  "and those that --allow-origin names.",
                  origin));
}

Access::Headers Access::cors_headers(const Request& request) const {
  const std::string_view origin = request.header(field::origin);
  if (!origin_allowed(origin)) return {};
  return {{"Access-Control-Allow-Origin", std::string(origin)},
          {"Access-Control-Expose-Headers", "x-request-id, request-id, retry-after"},
          {"Vary", "Origin"}};
}

Access::Headers Access::preflight_headers(const Request& request, const std::string& allow) const {
  if (!origin_allowed(request.header(field::origin)) ||
      request.header(field::access_control_request_method).empty()) {
    return {};
  }
  // No credentials: keys travel in a header, which the page must know to send.
  return {{"Access-Control-Allow-Methods", allow},
          {"Access-Control-Allow-Headers",
           std::string(request.header(field::access_control_request_headers))},
          {"Access-Control-Max-Age", "600"}};
}

}  // namespace pincer
