// What an operator sees of a server: ids, deadlines, the access log, new limits, passed sockets.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <fstream>

#include "tests/engine/support/temporary_folder.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;
using std::chrono::steady_clock;

TEST(Operations, AClientsRequestIdIsTakenOver) {
  TestServer server;
  EXPECT_EQ(server.get("/health", "x-request-id: mine-1\r\n").headers.at("x-request-id"), "mine-1");
  const Reply other = server.get("/health", "x-request-id: not mine\r\n");
  EXPECT_TRUE(other.headers.at("x-request-id").starts_with("req_"));
}

TEST(Operations, ADeadlineGoesToTheEngine) {
  TestServer server;
  const auto before = steady_clock::now();
  EXPECT_EQ(server.post(kChatPath, chat_body(), "x-request-timeout: 500s\r\n").status, 200);
  const auto by = server.backend().last_request().finish_by;
  EXPECT_GE(by, before + std::chrono::seconds(500));
  EXPECT_LE(by, steady_clock::now() + std::chrono::seconds(500));
  EXPECT_EQ(server.post(kChatPath, chat_body()).status, 200);
  EXPECT_EQ(server.backend().last_request().finish_by, steady_clock::time_point::max());
  const Reply bad = server.post(kChatPath, chat_body(), "x-request-timeout: soon\r\n");
  EXPECT_EQ(bad.status, 400);
  EXPECT_NE(bad.body.find("'soon'"), std::string::npos);
}

TEST(Operations, TheLimitsOfWaitsGoToTheEngine) {
  ServerOptions options;
  options.limits.max_queue_wait = std::chrono::seconds(7);
  options.limits.queue_timeout = std::chrono::seconds(100);
  options.limits.request_timeout = std::chrono::seconds(200);
  TestServer server(options);
  EXPECT_EQ(server.post(kChatPath, chat_body(), "x-request-timeout: 500s\r\n").status, 200);
  const ChatRequest request = server.backend().last_request();
  EXPECT_EQ(request.max_wait_s, 7);
  EXPECT_LE(request.start_by, steady_clock::now() + std::chrono::seconds(100));
  EXPECT_LE(request.finish_by, steady_clock::now() + std::chrono::seconds(200));
}

TEST(Operations, EachRequestIsALineOfTheAccessLog) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "access.log";
  {
    ServerOptions options;
    options.access_log = file;
    TestServer server(options);
    server.post(kChatPath, chat_body(R"(,"stream":true)"), "x-request-id: a\r\n");
    server.post(kChatPath, "{", "x-request-id: b\r\n");
    server.get("/health?key=secret", "x-request-id: c\r\n");
  }
  std::ifstream in(file);
  std::vector<json::object> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line).as_object());
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[0].at("id"), "a");
  EXPECT_EQ(lines[0].at("model"), "fake-model");
  EXPECT_EQ(lines[0].at("completion_tokens"), 12);
  EXPECT_EQ(lines[0].at("status"), 200);
  EXPECT_GT(lines[0].at("bytes").as_int64(), 500);
  EXPECT_EQ(lines[1].at("status"), 400);
  EXPECT_FALSE(lines[1].contains("model"));
  EXPECT_EQ(lines[2].at("path"), "/health");
}

TEST(Operations, NewLimitsAndHostsCountFromTheNextRequestOn) {
  ServerOptions options;
  TestServer server(options);
  TestClient client = server.connect();
  client.post(kChatPath, chat_body());
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(server.post(kChatPath, chat_body()).status, 200);
  options.limits.body_bytes = 10;
  options.allowed_hosts = {"pincer.example"};
  EXPECT_TRUE(server.server().reconfigure(options).ok());
  client.post(kChatPath, chat_body());
  EXPECT_EQ(client.read().status, 413);
  TestClient named = server.connect();
  named.send("GET /health HTTP/1.1\r\nHost: pincer.example\r\n\r\n");
  EXPECT_EQ(named.read().status, 200);
}

TEST(Operations, ASocketThatListensAlreadyIsServed) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(socket, 8), 0);
  ServerOptions options;
  options.listen.clear();
  options.passed_sockets = {socket};
  TestServer server(options);
  EXPECT_TRUE(server.address().starts_with("http://127.0.0.1:"));
  EXPECT_EQ(server.get("/health").status, 200);
}

TEST(Operations, WhatDoesNotListenIsNotServed) {
  ServerOptions options;
  options.passed_sockets = {STDERR_FILENO};
  options.listen.clear();
  const auto started = Server::start(options, std::make_shared<Models>());
  ASSERT_FALSE(started.ok());
  EXPECT_NE(started.error().message.find("file descriptor 2"), std::string::npos);
}

TEST(Operations, DrainingByAdministration) {
  TestServer server;
  EXPECT_EQ(server.get("/admin/drain").status, 405);
  EXPECT_EQ(server.get("/admin/pool").status, 200);
  EXPECT_EQ(server.post("/admin/drain", "").status, 202);
  server.join();
}

TEST(Operations, AdministrationNeedsAKeyThatMayDoIt) {
  ServerOptions options;
  ApiKey user = plain_api_key("user"), admin = plain_api_key("admin");
  user.scopes = static_cast<unsigned>(Scope::inference);
  options.api_keys = {user, admin};
  TestServer server(options);
  EXPECT_EQ(server.get("/admin/pool").status, 401);
  EXPECT_EQ(server.get("/admin/pool", "Authorization: Bearer user\r\n").status, 403);
  EXPECT_EQ(server.get("/admin/pool", "Authorization: Bearer admin\r\n").status, 200);
}

TEST(OperationsConcurrency, TheHeartBeatsWhileTheServerRuns) {
  TestServer server;
  const auto first = server.server().beat();
  while (server.server().beat() == first) std::this_thread::yield();
}

}  // namespace
}  // namespace pincer::test
