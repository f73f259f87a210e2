// What should not be sent: the right status, no crash, bounded time and memory.
#include <gtest/gtest.h>

#include "tests/server/support/hostile_bodies.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

std::string header_of_many(const std::string& line, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += line;
  return out;
}

TEST(Hostile, BodiesAreRefusedWithTheirReasonOverHttp) {
  TestServer server;
  for (const HostileBody& hostile : hostile_bodies()) {
    const Reply reply = server.post(kChatPath, hostile.body);
    // The empty name is as good as none.
    const bool unnamed = hostile.status == 404 && reply.status == 400;
    EXPECT_TRUE(reply.status == hostile.status || unnamed)
        << hostile.name << ": " << reply.status << ' ' << reply.body.substr(0, 200);
    if (reply.status >= 400)
      EXPECT_NE(reply.body.find(R"("message":")"), std::string::npos) << hostile.name;
  }
  EXPECT_EQ(server.get("/health").status, 200);
}

TEST(Hostile, BigRequestsLeaveNoMemoryBehind) {
  TestServer server;
  server.post(kChatPath, chat_body());
  const std::size_t before = resident_bytes();
  const std::string four_megabytes = chat_body(R"(,"user":")" + std::string(4'000'000, 'u') + "\"");
  for (int i = 0; i < 20; ++i) EXPECT_EQ(server.post(kChatPath, four_megabytes).status, 200);
  for (int i = 0; i < 20; ++i) {
    TestClient client = server.connect();
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
        "100000000\r\n\r\n" +
        std::string(1 << 20, ' '));
    EXPECT_EQ(client.read().status, 413);
  }
  EXPECT_LT(resident_bytes(), before + kMuchMemory);
}

TEST(Hostile, ChunkedBombsAreCutOff) {
  TestServer server;
  TestClient client = server.connect();
  client.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n");
  const std::string chunk = "10000\r\n" + std::string(65536, ' ') + "\r\n";
  for (int i = 0; i < 200; ++i) client.send(chunk);
  EXPECT_EQ(client.read().status, 413);
  TestClient tiny = server.connect();
  tiny.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n" +
      header_of_many("1\r\n \r\n", 1000) + "0\r\n\r\n");
  EXPECT_EQ(tiny.read().status, 400);  // which is blanks, and no JSON
}

TEST(Hostile, HeadersOfEveryKindAreRefused) {
  TestServer server;
  const auto status = [&server](const std::string& headers) {
    TestClient client = server.connect();
    client.send("GET /health HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n");
    return client.read().status;
  };
  EXPECT_EQ(status(header_of_many("A: b\r\n", 10'000)), 431);
  EXPECT_EQ(status("A" + std::string(20'000, 'a') + ": b\r\n"), 431);
  EXPECT_EQ(status(" evil: a part of the host then\r\n"), 403);
  EXPECT_EQ(status("A b: c\r\n"), 400);
  EXPECT_EQ(status(std::string("A: \0\r\n", 6)), 400);
  EXPECT_EQ(status(": no name\r\n"), 400);
  EXPECT_EQ(status("no colon\r\n"), 400);
  EXPECT_EQ(server.get("/health", "A: \xff\xfe\r\n").status, 200);  // obs-text, RFC 9110, 5.5
}

TEST(Hostile, PathsLeadNowhere) {
  TestServer server;
  for (const char* path : {"/v1/models/..%2f..%2fetc%2fpasswd", "/v1/models/../../etc/passwd",
                           "/../../etc/passwd", "//etc/passwd", "/v1/models/%2e%2e",
                           "/v1/models/fake-model%0d%0aSet-Cookie:%20a=b", "/%ff%fe"}) {
    const Reply reply = server.get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_FALSE(reply.headers.contains("set-cookie"));
  }
}

TEST(Hostile, AnEndlessPipelineIsAnsweredInOrderWithinBounds) {
  TestServer server;
  TestClient client = server.connect();
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += "GET /v1/models/m" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  client.send(requests);
  for (int i = 0; i < 500; ++i) {
    const Reply reply = client.read();
    EXPECT_EQ(reply.status, 404);
    EXPECT_NE(reply.body.find("'m" + std::to_string(i) + "'"), std::string::npos) << i;
  }
}

}  // namespace
}  // namespace pincer::test
