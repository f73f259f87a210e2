// The WebSocket of /v1/responses against a fake model.
#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/json.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace json = boost::json;

class SocketClient {
 public:
  explicit SocketClient(const TestServer& server, const std::string& key = "") {
    const std::string port = server.address().substr(server.address().rfind(':') + 1);
    stream_.next_layer().connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoi(port))});
    stream_.set_option(
        beast::websocket::stream_base::decorator([key](beast::websocket::request_type& request) {
          if (!key.empty()) request.set("Authorization", "Bearer " + key);
        }));
    stream_.handshake("localhost", "/v1/responses");
  }

  void send(const std::string& text) { stream_.write(asio::buffer(text)); }
  json::object receive() {
    beast::flat_buffer buffer;
    stream_.read(buffer);
    return json::parse(beast::buffers_to_string(buffer.data())).as_object();
  }
  // The text of a response, and its last event.
  std::pair<std::string, json::object> response() {
    std::string text;
    for (;;) {
      json::object event = receive();
      const std::string type(event.at("type").as_string());
      if (type == "response.output_text.delta") text += event.at("delta").as_string().c_str();
      if (type == "error" || type == "response.completed" || type == "response.incomplete" ||
          type == "response.failed")
        return {text, event};
    }
  }
  void close() { stream_.next_layer().close(); }

 private:
  asio::io_context io_;
  beast::websocket::stream<asio::ip::tcp::socket> stream_{io_};
};

const std::string kCreate = R"({"type":"response.create","model":"fake-model","input":"Hi")";

std::string code_of(const json::object& event) {
  return event.at("error").at("code").as_string().c_str();
}

TEST(ResponsesSocket, ResponsesComeOneAfterAnother) {
  TestServer server;
  SocketClient client(server);
  client.send(kCreate + "}");
  client.send(kCreate + R"(,"stream_id":"second"})");
  const auto first = client.response();
  EXPECT_EQ(first.first, "You said: Hi");
  EXPECT_EQ(first.second.at("type"), "response.completed");
  EXPECT_FALSE(first.second.contains("stream_id"));
  const auto second = client.response();
  EXPECT_EQ(second.first, "You said: Hi");
  EXPECT_EQ(second.second.at("stream_id"), "second");
}

TEST(ResponsesSocket, AResponseGoesOnFromAnother) {
  TestServer server;
  SocketClient client(server);
  client.send(kCreate + "}");
  const auto first = client.response().second;
  const std::string id(first.at("response").at("id").as_string());
  client.send(
      R"({"type":"response.create","model":"fake-model","input":"More","previous_response_id":")" +
      id + R"("})");
  EXPECT_EQ(client.response().first, "You said: More");
  EXPECT_EQ(server.backend().last_request().messages.size(), 3u);
  client.send(kCreate + R"(,"previous_response_id":"resp_none"})");
  EXPECT_EQ(client.response().second.at("type"), "error");
}

TEST(ResponsesSocketConcurrency, ACancelEndsTheResponseAndNotTheConnection) {
  TestServer server;
  server.backend().hold();
  SocketClient client(server);
  client.send(kCreate + "}");
  server.backend().wait_queued(1);
  client.send(R"({"type":"response.cancel"})");
  const auto [text, last] = client.response();
  EXPECT_EQ(last.at("type"), "error");
  EXPECT_EQ(code_of(last), "cancelled");
  server.backend().wait_cancelled(1);
  server.backend().let_go();
  client.send(kCreate + "}");
  EXPECT_EQ(client.response().first, "You said: Hi");
}

TEST(ResponsesSocketConcurrency, AClientThatLeavesIsCancelled) {
  TestServer server;
  server.backend().hold();
  SocketClient client(server);
  client.send(kCreate + "}");
  server.backend().wait_queued(1);
  client.close();
  server.backend().wait_cancelled(1);
}

TEST(ResponsesSocket, MistakesAreToldAndTheConnectionStays) {
  TestServer server;
  SocketClient client(server);
  for (const std::string text :
       {"{", "[]", R"({"type":"session.update"})", R"({"type":"response.create"})",
        R"({"type":"response.create","model":"fake-model","input":"Hi","temperature":9})",
        R"({"type":"response.create","model":"fake-model","input":"Hi","background":true})"}) {
    client.send(text);
    const json::object event = client.receive();
    EXPECT_EQ(event.at("type"), "error") << text;
    EXPECT_EQ(event.at("status"), 400) << text;
  }
  client.send(R"({"type":"response.create","model":"gpt-9","input":"Hi"})");
  EXPECT_EQ(client.receive().at("status"), 404);
  client.send(kCreate + "}");
  EXPECT_EQ(client.response().first, "You said: Hi");
}

// These are read on another thread than the others.
TEST(ResponsesSocket, LongMessagesAreAnsweredInTheirOrder) {
  const std::string padding(100'000, ' ');
  TestServer server;
  SocketClient client(server);
  client.send(R"({"type":"response.cancel")" + padding + "}");  // of nothing: no answer
  client.send(kCreate + padding + "}");
  client.send(R"({"type":"response.create",)" + padding + R"("model":"fake-model"})");
  client.send(kCreate + "}");
  EXPECT_EQ(client.response().first, "You said: Hi");
  EXPECT_EQ(client.receive().at("status"), 400);
  EXPECT_EQ(client.response().first, "You said: Hi");
}

TEST(ResponsesSocket, WhatWaitsTakesNoMoreBytesThanOneMessageMay) {
  ServerOptions options;
  options.limits.body_bytes = 1000;
  TestServer server(options);
  server.backend().hold();
  SocketClient client(server);
  client.send(kCreate + "}");
  server.backend().wait_queued(1);
  for (int i = 0; i < 2; ++i) client.send(kCreate + R"(,"user":")" + std::string(500, 'u') + "\"}");
  EXPECT_THROW(
      {
        for (;;) client.receive();
      },
      boost::system::system_error);
  server.backend().wait_cancelled(1);
}

TEST(ResponsesSocket, LimitsOfAKeyHoldForEachResponse) {
  ApiKey key = plain_api_key("secret");
  key.requests_per_minute = 1;
  ServerOptions options;
  options.api_keys = {key};
  TestServer server(options);
  EXPECT_THROW(SocketClient(server, "wrong"), boost::system::system_error);
  SocketClient client(server, "secret");
  client.send(kCreate + "}");
  EXPECT_EQ(client.response().second.at("type"), "response.completed");
  client.send(kCreate + "}");
  EXPECT_EQ(client.response().second.at("status"), 429);
  server.server().set_api_keys({plain_api_key("new")});
  client.send(kCreate + "}");
  EXPECT_EQ(client.response().second.at("status"), 401);
}

TEST(ResponsesSocketConcurrency, ADrainDoesNotWaitForIdleClients) {
  TestServer server;
  server.backend().hold();
  SocketClient idle(server), busy(server);
  busy.send(kCreate + "}");
  server.backend().wait_queued(1);
  server.server().drain();
  server.backend().let_go();
  EXPECT_EQ(busy.response().first, "You said: Hi");
  server.join();
}

}  // namespace
}  // namespace pincer::test
