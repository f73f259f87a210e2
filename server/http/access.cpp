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

// The time depends on `shown`, which its sender knows, and not on where it differs.
bool equal_in_constant_time(std::string_view shown, std::string_view key) {
  volatile unsigned difference = shown.size() == key.size() ? 0 : 1;
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const auto expected = static_cast<unsigned char>(key.empty() ? 0 : key[i % key.size()]);
    difference = difference | (static_cast<unsigned char>(shown[i]) ^ expected);
  }
  return difference == 0;
}

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
  if (found == request.headers.end()) return {};
  return {found->value().data(), found->value().size()};
}

Access::Access(std::vector<std::string> api_keys, std::vector<std::string> allowed_hosts)
    : api_keys_(std::move(api_keys)), hosts_(std::move(allowed_hosts)) {
  any_host_ = std::ranges::find(hosts_, "*") != hosts_.end();
  for (const char* own : {"localhost", "127.0.0.1", "[::1]"}) hosts_.emplace_back(own);
}

bool Access::allowed(std::string_view authority) const {
  const std::string_view host = host_of(authority);
  return any_host_ || std::ranges::any_of(
                          hosts_, [host](const std::string& h) { return beast::iequals(h, host); });
}

std::optional<Problem> Access::check_host(const Request& request) const {
  const std::string_view host =
      request.authority.empty() ? request.header(field::host) : request.authority;
  const bool browsers_send_it = !request.http_1_0;
  if ((!host.empty() || browsers_send_it) && !allowed(host)) {
    return forbidden(fmt::format(
        "The host name '{}' is not served here: use localhost, or add the name to the server's "
        "allowed hosts.",
        host));
  }
  const std::string_view origin = request.header(field::origin);
  if (origin.empty()) return std::nullopt;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme) && allowed(origin.substr(scheme.size()))) return std::nullopt;
  }
  return forbidden(fmt::format(
      "Requests from the web origin '{}' are refused: only pages of this machine may ask.",
      origin));
}

std::optional<Problem> Access::check_key(const Request& request) const {
  if (api_keys_.empty()) return std::nullopt;
  const std::string_view shown = shown_key(request);
  bool known = false;
  for (const std::string& key : api_keys_) known = equal_in_constant_time(shown, key) || known;
  if (known && !shown.empty()) return std::nullopt;
  return Problem{.status = 401,
                 .message = shown.empty()
                                ? "No API key was given: send 'Authorization: Bearer KEY'."
                                : "The API key is not one of this server's keys.",
                 .code = "invalid_api_key"};
}

}  // namespace pincer
