#include <gtest/gtest.h>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

int status_with(const TestServer& server, const std::string& headers,
                const std::string& target = "/v1/models") {
  TestClient client = server.connect();
  client.send("GET " + target + " HTTP/1.1\r\n" + headers + "\r\n");
  return client.read().status;
}

ServerOptions with_keys() {
  ServerOptions options;
  options.api_keys = {plain_api_key("secret-one"), plain_api_key("secret-two")};
  return options;
}

TEST(Access, OnLoopbackOnlyNamesOfThisMachineAreServed) {
  ServerOptions options;
  options.allowed_hosts = {"pincer.lan"};
  TestServer server(options);
  for (const char* host : {"localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.1:8080", "[::1]",
                           "[::1]:1", "pincer.lan"}) {
    EXPECT_EQ(status_with(server, "Host: " + std::string(host) + "\r\n"), 200) << host;
  }
  for (const char* host :
       {"evil.com", "localhost.evil.com", "evil.com:80", "localhost:80x", "localhost@evil.com",
        "127.0.0.1.evil.com", "[::1", "[::1]evil", "", "169.254.169.254"}) {
    EXPECT_EQ(status_with(server, "Host: " + std::string(host) + "\r\n"), 403) << host;
  }
}

TEST(Access, AnAbsoluteTargetIsCheckedInstead) {
  TestServer server;
  EXPECT_EQ(status_with(server, "Host: localhost\r\n", "http://localhost/v1/models"), 200);
  EXPECT_EQ(status_with(server, "Host: localhost\r\n", "http://evil.com/v1/models"), 403);
}

TEST(Access, ForeignWebPagesAreRefused) {
  TestServer server;
  const std::string host = "Host: localhost\r\nOrigin: ";
  EXPECT_EQ(status_with(server, host + "http://localhost:3000\r\n"), 200);
  EXPECT_EQ(status_with(server, host + "https://127.0.0.1\r\n"), 200);
  for (const char* origin :
       {"null", "http://evil.com", "http://localhost.evil.com", "file://", "localhost"}) {
    EXPECT_EQ(status_with(server, host + origin + "\r\n"), 403) << origin;
  }
}

TEST(Access, ThereAreNoCorsHeaders) {
  TestServer server;
  TestClient client = server.connect();
  client.send(
      "OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nOrigin: "
      "http://localhost:3000\r\n"
      "Access-Control-Request-Method: POST\r\n\r\n");
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.headers.at("allow"), "POST, OPTIONS");
  EXPECT_FALSE(reply.headers.contains("access-control-allow-origin"));
}

ServerOptions with_origin(const std::string& origin) {
  ServerOptions options;
  options.allowed_origins = {origin};
  return options;
}

Reply preflight(const TestServer& server, const std::string& origin) {
  TestClient client = server.connect();
  client.send("OPTIONS /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nOrigin: " + origin +
              "\r\nAccess-Control-Request-Method: POST\r\n"
              "Access-Control-Request-Headers: authorization\r\n\r\n");
  return client.read();
}

TEST(Access, AnAllowedOriginMayReadAnswers) {
  ServerOptions options = with_origin("https://app.example");
  options.api_keys = {plain_api_key("secret")};
  TestServer server(options);
  const Reply before = preflight(server, "https://app.example");
  EXPECT_EQ(before.status, 204);
  EXPECT_EQ(before.headers.at("access-control-allow-origin"), "https://app.example");
  EXPECT_EQ(before.headers.at("access-control-allow-methods"), "POST, OPTIONS");
  EXPECT_EQ(before.headers.at("access-control-allow-headers"), "authorization");
  EXPECT_EQ(before.headers.at("vary"), "Origin");
  const std::string origin = "Origin: https://app.example\r\n";
  const std::string key = "Authorization: Bearer secret\r\n";
  for (const std::string& stream : {std::string(), std::string(R"(,"stream":true)")}) {
    const Reply answer = server.post(kChatPath, chat_body(stream), origin + key);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "https://app.example");
    EXPECT_FALSE(answer.headers.contains("access-control-allow-credentials"));
  }
  // Errors can be read too, or the page would not learn why.
  const Reply refused = server.post(kChatPath, chat_body(), origin);
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.headers.at("access-control-allow-origin"), "https://app.example");
}

TEST(Access, OtherOriginsMayNot) {
  TestServer server(with_origin("https://app.example"));
  for (const char* origin : {"https://app.example.evil.com", "http://app.example",
                             "https://app.example:444", "null", "https://evil.com"}) {
    const Reply before = preflight(server, origin);
    EXPECT_EQ(before.status, 403) << origin;
    EXPECT_FALSE(before.headers.contains("access-control-allow-origin")) << origin;
    // As `fetch(…, {mode: "no-cors"})` posts: without a preflight, and with a type that needs none.
    TestClient client = server.connect();
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nOrigin: " + std::string(origin) +
        "\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}");
    EXPECT_EQ(client.read().status, 403) << origin;
  }
}

TEST(Access, AStarAllowsAllOrigins) {
  TestServer server(with_origin("*"));
  const Reply answer = server.post(kChatPath, chat_body(), "Origin: https://any.example\r\n");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.at("access-control-allow-origin"), "https://any.example");
}

TEST(Access, TheServerSaysNothingAboutItself) {
  TestServer server;
  EXPECT_FALSE(server.get("/health").headers.contains("server"));
}

TEST(Access, AKeyOpensAllAndItsLackAlmostNothing) {
  TestServer server(with_keys());
  const std::string host = "Host: localhost\r\n";
  for (const char* header :
       {"", "Authorization: Bearer wrong\r\n", "Authorization: secret-one\r\n",
        "Authorization: Bearer secret-on\r\n", "Authorization: Bearer secret-one1\r\n",
        "Authorization: Bearer \r\n", "x-api-key: \r\n", "Authorization: Basic secret-one\r\n"}) {
    EXPECT_EQ(status_with(server, host + header), 401) << header;
    EXPECT_EQ(status_with(server, host + header, "/metrics"), 401) << header;
    EXPECT_EQ(status_with(server, host + header, "/nothing"), 401) << header;
    EXPECT_EQ(status_with(server, host + header, "/health"), 200) << header;
    EXPECT_EQ(status_with(server, host + header, "/ready"), 200) << header;
  }
  for (const char* header :
       {"Authorization: Bearer secret-one\r\n", "authorization: bearer secret-two\r\n",
        "x-api-key: secret-one\r\n", "X-API-Key: secret-two\r\n"}) {
    EXPECT_EQ(status_with(server, host + header), 200) << header;
    EXPECT_EQ(status_with(server, host + header, "/metrics"), 200) << header;
  }
}

TEST(Access, WithoutAKeyTheBodyIsNotAwaited) {
  TestServer server(with_keys());
  TestClient client = server.connect();
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n");
  const Reply reply = client.read();
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(reply.headers.at("www-authenticate"), "Bearer");
  EXPECT_EQ(reply.headers.at("connection"), "close");
}

}  // namespace
}  // namespace pincer::test
