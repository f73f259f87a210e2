#include "server/upstream/endpoint.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace pincer {
namespace {

using Variables = std::map<std::string, std::string>;

Result<Endpoint> parse(const std::string& address, const std::string& proxy = "",
                       const Variables& variables = {}) {
  UpstreamConfig config;
  config.name = "cloud";
  config.base_url = address;
  config.proxy = proxy;
  return parse_endpoint(config, [&variables](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

TEST(Endpoint, AddressesAreTakenApart) {
  const auto tls = parse("https://api.example/v1/");
  ASSERT_TRUE(tls);
  EXPECT_TRUE(tls->tls);
  EXPECT_EQ(tls->host, "api.example");
  EXPECT_EQ(tls->port, "443");
  EXPECT_EQ(tls->prefix, "/v1");
  EXPECT_EQ(tls->authority, "api.example");
  const auto plain = parse("http://127.0.0.1:9102");
  EXPECT_EQ(plain->port, "9102");
  EXPECT_EQ(plain->prefix, "");
  EXPECT_EQ(plain->authority, "127.0.0.1:9102");
  const auto six = parse("http://[::1]:80/v1");
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->authority, "[::1]:80");
  const auto path = parse("unix:/run/pincer.sock");
  EXPECT_EQ(path->unix_path, "/run/pincer.sock");
  EXPECT_EQ(path->prefix, "/v1");
}

TEST(Endpoint, WhatIsNoAddressIsNamed) {
  for (const char* address :
       {"", "api.example", "ftp://x/v1", "https://", "unix:run", "http://a b"}) {
    const auto endpoint = parse(address);
    ASSERT_FALSE(endpoint) << address;
    EXPECT_EQ(endpoint.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(endpoint.error().message.find("'" + std::string(address) + "'"), std::string::npos);
  }
}

TEST(Endpoint, TheProxyIsTheConfigurationsOrTheEnvironments) {
  const Variables variables = {{"https_proxy", "http://tls-proxy:3128"},
                               {"HTTP_PROXY", "plain-proxy"},
                               {"no_proxy", "localhost, .internal,example.org"}};
  EXPECT_EQ(parse("https://a/v1", "", variables)->proxy_host, "tls-proxy");
  EXPECT_EQ(parse("https://a/v1", "", variables)->proxy_port, "3128");
  EXPECT_EQ(parse("http://a/v1", "", variables)->proxy_host, "plain-proxy");
  EXPECT_EQ(parse("http://a/v1", "", variables)->proxy_port, "80");
  EXPECT_EQ(parse("http://a/v1", "http://mine:1", variables)->proxy_host, "mine");
  EXPECT_EQ(parse("http://a/v1", "none", variables)->proxy_host, "");
  for (const char* excepted : {"https://localhost/v1", "https://x.internal",
                               "https://a.example.org", "https://example.org"})
    EXPECT_EQ(parse(excepted, "", variables)->proxy_host, "") << excepted;
  EXPECT_EQ(parse("https://notexample.org", "", variables)->proxy_host, "tls-proxy");
  EXPECT_FALSE(parse("http://a/v1", "socks5://mine"));
}

}  // namespace
}  // namespace pincer
