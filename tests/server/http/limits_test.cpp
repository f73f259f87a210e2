#include <gtest/gtest.h>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

using std::chrono::milliseconds;

const std::string kChatPost =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

TEST(Limits, LongHeaders) {
  ServerOptions options;
  options.limits.header_bytes = 1000;
  TestServer server(options);
  EXPECT_EQ(server.get("/health", "A: " + std::string(900, 'a') + "\r\n").status, 200);
  EXPECT_EQ(server.get("/health", "A: " + std::string(1000, 'a') + "\r\n").status, 431);
  EXPECT_EQ(server.get("/" + std::string(2000, 'a')).status, 431);
}

TEST(Limits, LongBodies) {
  ServerOptions options;
  options.limits.body_bytes = 1000;
  TestServer server(options);
  const std::string fits =
      chat_body(R"(,"user":")" + std::string(1000 - chat_body(R"(,"user":"")").size(), 'u') + "\"");
  ASSERT_EQ(fits.size(), 1000u);
  EXPECT_EQ(server.post(kChatPath, fits).status, 200);
  EXPECT_EQ(server.post(kChatPath, fits + " ").status, 413);
}

TEST(Limits, AHugeBodyGetsItsAnswerAndIsNotRead) {
  TestServer server;
  TestClient client = server.connect();
  client.send(kChatPost + "Content-Length: 100000000\r\n\r\n" + std::string(3'000'000, ' '));
  EXPECT_EQ(client.read().status, 413);
}

TEST(Limits, LongChunkedBodies) {
  ServerOptions options;
  options.limits.body_bytes = 1000;
  TestServer server(options);
  TestClient client = server.connect();
  client.send(kChatPost + "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 101; ++i) client.send("a\r\n          \r\n");
  EXPECT_EQ(client.read().status, 413);
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, EndlessChunkExtensions) {
  TestServer server;
  TestClient client = server.connect();
  client.send(kChatPost + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(1 << 20, 'a'));
  EXPECT_GE(client.read().status, 400);
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, SlowHeadersAreCutOff) {
  ServerOptions options;
  options.limits.header_timeout = milliseconds(1000);  // the beginning must be there by then
  TestServer server(options);
  TestClient client = server.connect();
  client.send("GET /health HTTP/1.1\r\nHost: loc");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, ASilentConnectionIsCutOff) {
  ServerOptions options;
  options.limits.header_timeout = milliseconds(50);
  TestServer server(options);
  EXPECT_TRUE(server.connect().at_end());
}

TEST(Limits, SlowBodiesAreCutOff) {
  ServerOptions options;
  options.limits.body_timeout = milliseconds(50);
  TestServer server(options);
  TestClient client = server.connect();
  client.send(kChatPost + "Content-Length: 10\r\n\r\n{");
  EXPECT_EQ(client.read().status, 408);
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, IdleConnectionsAreClosed) {
  ServerOptions options;
  options.limits.idle_timeout = milliseconds(50);
  TestServer server(options);
  TestClient client = server.connect();
  client.get("/health");
  EXPECT_EQ(client.read().status, 200);
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, AConnectionHasSoManyRequests) {
  ServerOptions options;
  options.limits.requests_per_connection = 3;
  TestServer server(options);
  TestClient client = server.connect();
  for (int i = 1; i <= 3; ++i) {
    client.get("/health");
    EXPECT_EQ(client.read().headers.at("connection"), i < 3 ? "keep-alive" : "close");
  }
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, AClientMayAskToClose) {
  TestServer server;
  TestClient client = server.connect();
  client.get("/health", "Connection: close\r\n");
  EXPECT_EQ(client.read().headers.at("connection"), "close");
  EXPECT_TRUE(client.at_end());
}

TEST(Limits, TooManyConnectionsAreToldSo) {
  ServerOptions options;
  options.limits.connections = 2;
  TestServer server(options);
  TestClient first = server.connect(), second = server.connect();
  first.get("/health");
  EXPECT_EQ(first.read().status, 200);
  second.get("/health");
  EXPECT_EQ(second.read().status, 200);
  TestClient third = server.connect();
  const Reply reply = third.read();
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.headers.at("retry-after"), "1");
  first.get("/health");
  EXPECT_EQ(first.read().status, 200);
}

TEST(Limits, ASlowReaderIsDroppedAndItsGenerationCancelled) {
  ServerOptions options;
  options.limits.write_timeout = milliseconds(100);
  TestServer server(options);
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kChatPath, chat_body(R"(,"stream":true)"));
  server.backend().wait_queued(1);
  // More than the sockets' buffers hold, and nobody reads.
  server.backend().send_all(std::string(16 << 20, 'x'));
  server.backend().wait_cancelled(1);
}

TEST(Limits, AClientThatSendsWithoutEndWhileItWaitsIsDropped) {
  ServerOptions options;
  options.limits.body_bytes = 1000;
  options.limits.header_bytes = 1000;
  TestServer server(options);
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kChatPath, chat_body());
  server.backend().wait_queued(1);
  client.send(std::string(100'000, 'x'));
  server.backend().wait_cancelled(1);
}

}  // namespace
}  // namespace pincer::test
