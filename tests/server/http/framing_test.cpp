// Where one request ends and the next begins: what two parsers could read differently is refused.
#include <gtest/gtest.h>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

const std::string kPost =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

// The status of the answer to `bytes`, after which the server must close.
int status_and_close(const TestServer& server, const std::string& bytes) {
  TestClient client = server.connect();
  client.send(bytes + "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const int status = client.read().status;
  EXPECT_TRUE(client.at_end()) << bytes;
  return status;
}

std::string chunked(const std::string& body) {
  std::string out;
  for (std::size_t i = 0; i < body.size(); i += 7) {
    const std::string piece = body.substr(i, 7);
    out += std::to_string(piece.size()) + ";ext=1\r\n" + piece + "\r\n";
  }
  return out + "0\r\nTrailer: x\r\n\r\n";
}

TEST(Framing, SmugglingIsRefused) {
  TestServer server;
  const std::string both = "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nG";
  EXPECT_EQ(status_and_close(server, kPost + both), 400);
  EXPECT_EQ(status_and_close(
                server, kPost + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n"),
            400);
  EXPECT_EQ(status_and_close(server, kPost + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
            400);
  EXPECT_EQ(status_and_close(server, kPost + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}"),
            400);
  EXPECT_EQ(
      status_and_close(
          server,
          kPost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
      400);
  EXPECT_EQ(status_and_close(server, kPost + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(Framing, OtherTransferCodingsAreRefused) {
  TestServer server;
  for (const char* coding :
       {"gzip", "gzip, chunked", "chunked, gzip", "xchunked", "\"chunked\"", "identity"}) {
    const int status =
        status_and_close(server, kPost + "Transfer-Encoding: " + coding + "\r\n\r\n0\r\n\r\n");
    EXPECT_TRUE(status == 501 || status == 400) << coding << ' ' << status;
  }
}

TEST(Framing, BadLengthsAreRefused) {
  TestServer server;
  for (const char* length : {"-1", "+2", "2x", "0x2", "", "2 2", "99999999999999999999999"}) {
    EXPECT_EQ(status_and_close(server, kPost + "Content-Length: " + length + "\r\n\r\n{}"), 400)
        << length;
  }
}

TEST(Framing, WhatIsNotHttpIsRefused) {
  TestServer server;
  EXPECT_EQ(status_and_close(server, "\x16\x03\x01 TLS hello\r\n\r\n"), 400);
  EXPECT_EQ(status_and_close(server, "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n"), 505);
  EXPECT_EQ(status_and_close(server, "GET health HTTP/1.1\r\nHost: localhost\r\n\r\n"), 400);
  EXPECT_EQ(
      status_and_close(server, "GET /v1/models HTTP/1.1\r\nHost: localhost\r\nA\x01: b\r\n\r\n"),
      400);
}

TEST(Framing, BadTargetsAreRefused) {
  TestServer server;
  for (const char* target : {"/v1/models/%zz", "/v1/models/%00", "/v1/models/%4", "http://", "x"}) {
    EXPECT_EQ(server.get(target).status, 400) << target;
  }
}

TEST(Framing, ExactlyOneHost) {
  TestServer server;
  EXPECT_EQ(status_and_close(server, "GET /health HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(status_and_close(server,
                             "GET /health HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
            400);
  EXPECT_EQ(status_and_close(server, "GET /health HTTP/1.0\r\n\r\n"), 200);
}

TEST(Framing, ChunkedBodiesAreRead) {
  TestServer server;
  TestClient client = server.connect();
  for (int i = 0; i < 2; ++i) {
    client.send(kPost + "Transfer-Encoding: chunked\r\n\r\n" + chunked(chat_body()));
    EXPECT_EQ(client.read().status, 200);
  }
}

TEST(Framing, BadChunksAreRefused) {
  TestServer server;
  for (const char* body :
       {"zz\r\n{}\r\n0\r\n\r\n", "1\r\n{}\r\n0\r\n\r\n", "-1\r\n", "ffffffffffffffffff\r\n"}) {
    EXPECT_EQ(status_and_close(server, kPost + "Transfer-Encoding: chunked\r\n\r\n" + body), 400)
        << body;
  }
}

TEST(Framing, EveryWayToCutARequestIsTheSameRequest) {
  TestServer server;
  TestClient client = server.connect();
  const std::string body = chat_body();
  const std::string request =
      kPost + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  for (std::size_t cut = 1; cut < request.size(); cut += 13) {
    client.send(request.substr(0, cut));
    client.send(request.substr(cut));
    ASSERT_EQ(client.read().status, 200) << cut;
  }
}

TEST(Framing, HeadHasNoBodyAndItsLength) {
  TestServer server;
  TestClient client = server.connect();
  client.send("HEAD /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const Reply head = client.read(/*head_only=*/true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.headers.at("content-length"), "15");
  client.get("/health");
  EXPECT_EQ(client.read().body.size(), 15u);
}

TEST(Framing, ContinueIsSentBeforeTheBodyIs) {
  TestServer server;
  TestClient client = server.connect();
  const std::string body = chat_body();
  client.send(kPost + "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) +
              "\r\n\r\n");
  EXPECT_EQ(client.read_head().status, 100);
  client.send(body);
  EXPECT_EQ(client.read().status, 200);
}

TEST(Framing, AnExpectedRefusalComesInsteadOfContinue) {
  TestServer server;
  EXPECT_EQ(
      status_and_close(server, kPost + "Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n"),
      413);
  EXPECT_EQ(status_and_close(server, kPost + "Expect: miracles\r\nContent-Length: 2\r\n\r\n{}"),
            417);
}

}  // namespace
}  // namespace pincer::test
