#include "server/upstream/endpoint.h"

#include <fmt/format.h>

#include <boost/url.hpp>
#include <cstdlib>
#include <string_view>

namespace pincer {
namespace {

namespace urls = boost::urls;
using Environment = std::function<const char*(const char*)>;

std::string variable(const Environment& environment, const std::string& name) {
  std::string capitals = name;
  for (char& c : capitals) c = c == '_' ? '_' : static_cast<char>(c - 'a' + 'A');
  for (const std::string& spelling : {name, capitals}) {
    const char* value = environment ? environment(spelling.c_str()) : std::getenv(spelling.c_str());
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

// no_proxy: names separated by commas; ".example" and "example" are all below it, too.
bool is_excepted(std::string_view list, std::string_view host) {
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    std::string_view entry = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view() : list.substr(comma + 1);
    while (entry.starts_with(' ')) entry.remove_prefix(1);
    while (entry.ends_with(' ')) entry.remove_suffix(1);
    if (entry == "*") return true;
    if (entry.starts_with('.')) entry.remove_prefix(1);
    if (entry.empty() || !host.ends_with(entry)) continue;
    const std::size_t before = host.size() - entry.size();
    if (before == 0 || host[before - 1] == '.') return true;
  }
  return false;
}

Error wrong(const UpstreamConfig& config, std::string_view what, const std::string& value) {
  return {ErrorCode::invalid_argument,
          fmt::format("upstream '{}': {} '{}' is not an address such as https://host/v1, "
                      "http://host:port/v1 or unix:/path",
                      config.name, what, value)};
}

Result<void> set_proxy(const UpstreamConfig& config, const Environment& environment,
                       Endpoint& endpoint) {
  std::string proxy = config.proxy;
  if (proxy.empty()) {
    if (is_excepted(variable(environment, "no_proxy"), endpoint.host)) return {};
    proxy = variable(environment, endpoint.tls ? "https_proxy" : "http_proxy");
  }
  if (proxy.empty() || proxy == "none") return {};
  if (proxy.find("://") == std::string::npos) proxy.insert(0, "http://");
  const auto url = urls::parse_uri(proxy);
  if (!url || url->scheme() != "http" || url->host().empty())
    return wrong(config, "the proxy", proxy);
  endpoint.proxy_host = url->host();
  endpoint.proxy_port = url->has_port() ? std::string(url->port()) : "80";
  return {};
}

}  // namespace

Result<Endpoint> parse_endpoint(const UpstreamConfig& config, const Environment& environment) {
  constexpr std::string_view kUnix = "unix:";
  const std::string& address = config.base_url;
  Endpoint endpoint;
  if (address.starts_with(kUnix)) {
    endpoint.unix_path = address.substr(kUnix.size());
    if (!endpoint.unix_path.starts_with('/')) return wrong(config, "base_url", address);
    endpoint.authority = "localhost";
    endpoint.prefix = "/v1";
    return endpoint;
  }
  const auto url = urls::parse_uri(address);
  if (!url || (url->scheme() != "http" && url->scheme() != "https") || url->host().empty())
    return wrong(config, "base_url", address);
  endpoint.tls = url->scheme() == "https";
  endpoint.host = url->host_address();
  endpoint.port = endpoint.tls ? "443" : "80";
  if (url->has_port()) endpoint.port = std::string(url->port());
  endpoint.authority = std::string(url->encoded_host_and_port());
  endpoint.prefix = std::string(url->encoded_path());
  while (endpoint.prefix.ends_with('/')) endpoint.prefix.pop_back();
  if (auto proxy = set_proxy(config, environment, endpoint); !proxy) return proxy.error();
  return endpoint;
}

}  // namespace pincer
