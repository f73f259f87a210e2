// The WebSocket layer alone: a site whose only route says back what it hears.
#include "server/http/websocket.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <deque>
#include <thread>

#include "server/api/problem_response.h"
#include "server/http/doorbell.h"
#include "server/http/listener.h"
#include "tests/server/support/test_client.h"

namespace pincer::test {
namespace {

namespace websocket = beast::websocket;
using Client = websocket::stream<asio::ip::tcp::socket>;

constexpr std::size_t kMostMessages = 4, kMaxMessage = 1000;

struct Inbox {
  std::deque<std::string> texts;
  bool ended = false;
};

asio::awaitable<void> say_back(Exchange& exchange) {
  const auto socket = co_await WebSocket::accept(exchange, kMaxMessage);
  if (!socket) co_return;
  const auto inbox = std::make_shared<Inbox>();
  const auto bell = std::make_shared<Doorbell>(exchange.wire()->executor());
  socket->start({.on_text =
                     [inbox, bell](std::string text) {
                       inbox->texts.push_back(std::move(text));
                       bell->ring();
                       return inbox->texts.size() <= kMostMessages;
                     },
                 .on_end =
                     [inbox, bell] {
                       inbox->ended = true;
                       bell->ring();
                     }});
  bool held = false;
  while (!inbox->ended) {
    co_await bell->wait();
    while (!inbox->texts.empty() && !held && !inbox->ended) {
      std::string text = std::move(inbox->texts.front());
      inbox->texts.pop_front();
      held = text == "hold";
      if (text == "flood") text = std::string(64 << 20, 'x');
      if (text == "bye") co_await socket->close(WebSocket::Close::going_away, "done");
      if (!inbox->ended) co_await socket->write(std::move(text));
    }
  }
  co_await socket->close(WebSocket::Close::normal, "");
  bell->disconnect();
}

class EchoSite {
 public:
  explicit EchoSite(const Limits& limits = {})
      : site_(std::make_shared<Site>(limits, Access({}, {}), std::vector<ApiKey>())) {
    site_->problem_response = problem_response;
    site_->on_request_end = [] {};
    site_->router.add({.pattern = "/echo", .handler = say_back});
    listener_ = *Listener::open(io_, *parse_listen_address("http://127.0.0.1:0"), 0);
    asio::co_spawn(listener_->executor(), Listener::run(listener_, io_, site_), asio::detached);
    thread_ = std::thread([this] { io_.run(); });
  }
  ~EchoSite() {
    asio::post(listener_->executor(), [this] { listener_->close(); });
    site_->connections.close_all();
    thread_.join();
  }

  const std::string& address() const { return listener_->bound(); }
  Site& site() { return *site_; }

 private:
  asio::io_context io_;
  std::shared_ptr<Site> site_;
  std::shared_ptr<Listener> listener_;
  std::thread thread_;
};

class WebSocketTest : public ::testing::Test {
 protected:
  Client connect(const EchoSite& site) {
    Client client(io_);
    const int port = std::stoi(site.address().substr(site.address().rfind(':') + 1));
    client.next_layer().connect(
        {asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
    client.handshake("localhost", "/echo");
    return client;
  }
  static std::string read(Client& client) {
    beast::flat_buffer buffer;
    client.read(buffer);
    return beast::buffers_to_string(buffer.data());
  }
  // What the server says when it ends the connection; it may be gone before the client has
  // answered, so that the error is not always the same.
  static int close_code(Client& client) {
    beast::flat_buffer buffer;
    NetError error;
    while (!error) client.read(buffer, error);
    return client.reason().code;
  }

  asio::io_context io_;
};

TEST_F(WebSocketTest, MessagesGoBothWays) {
  EchoSite site;
  Client client = connect(site);
  for (const std::string& text : {std::string("one"), std::string(), std::string(900, 'x')}) {
    client.write(asio::buffer(text));
    EXPECT_EQ(read(client), text);
  }
  client.auto_fragment(true);
  client.write_buffer_bytes(16);
  const std::string pieces(600, 'p');
  client.write(asio::buffer(pieces));
  EXPECT_EQ(read(client), pieces);
  client.close(websocket::close_code::normal);
}

TEST_F(WebSocketTest, PingsAreAnswered) {
  EchoSite site;
  Client client = connect(site);
  std::string pong;
  client.control_callback([&](websocket::frame_type kind, beast::string_view payload) {
    if (kind == websocket::frame_type::pong) pong = std::string(payload.data(), payload.size());
  });
  client.ping("are you there");
  client.write(asio::buffer(std::string("text")));
  EXPECT_EQ(read(client), "text");
  EXPECT_EQ(pong, "are you there");
}

TEST_F(WebSocketTest, TheServerMayEndIt) {
  EchoSite site;
  Client client = connect(site);
  client.write(asio::buffer(std::string("bye")));
  EXPECT_EQ(close_code(client), 1001);
}

TEST_F(WebSocketTest, TooLongMessagesEndIt) {
  EchoSite site;
  Client client = connect(site);
  client.write(asio::buffer(std::string(kMaxMessage + 1, 'x')));
  EXPECT_EQ(close_code(client), 1009);
}

TEST_F(WebSocketTest, BinaryAndBadUtf8EndIt) {
  EchoSite site;
  Client binary = connect(site), bad = connect(site);
  binary.binary(true);
  binary.write(asio::buffer(std::string("bytes")));
  EXPECT_EQ(close_code(binary), 1003);
  bad.write(asio::buffer(std::string("\xff\xfe")));
  EXPECT_EQ(close_code(bad), 1007);
}

TEST_F(WebSocketTest, TooManyMessagesEndIt) {
  EchoSite site;
  Client client = connect(site);
  client.write(asio::buffer(std::string("hold")));
  EXPECT_EQ(read(client), "hold");
  NetError error;
  for (std::size_t i = 0; i < kMostMessages + 1 && !error; ++i)
    client.write(asio::buffer(std::string("more")), error);
  EXPECT_EQ(close_code(client), 1008);
}

TEST_F(WebSocketTest, ASlowReaderIsDropped) {
  Limits limits;
  limits.write_timeout = std::chrono::milliseconds(100);
  EchoSite site(limits);
  Client client = connect(site);
  client.write(asio::buffer(std::string("flood")));
  // Nobody reads; the connection goes all the same.
  while (site.site().metrics.connections != 0) std::this_thread::yield();
}

std::string upgrade(const std::string& headers) {
  return "GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
         headers + "\r\n";
}
const std::string kRest =
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

Reply reply_to(const EchoSite& site, const std::string& bytes) {
  TestClient client(site.address());
  client.send(bytes);
  return client.read_head();
}

TEST_F(WebSocketTest, TheHandshakeIsThatOfTheRfc) {
  EchoSite site;
  const Reply reply = reply_to(site, upgrade(kRest));
  EXPECT_EQ(reply.status, 101);
  EXPECT_EQ(reply.headers.at("sec-websocket-accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  EXPECT_FALSE(reply.headers.contains("sec-websocket-protocol"));
}

TEST_F(WebSocketTest, OtherHandshakesAreRefused) {
  EchoSite site;
  EXPECT_EQ(reply_to(site, "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 426);
  const Reply old = reply_to(
      site, upgrade("Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_EQ(old.status, 426);
  EXPECT_EQ(old.headers.at("sec-websocket-version"), "13");
  EXPECT_EQ(reply_to(site, upgrade("Sec-WebSocket-Version: 13\r\n")).status, 400);
  EXPECT_EQ(reply_to(site, upgrade(kRest) + "\x81\x80too early").status, 400);
}

TEST_F(WebSocketTest, ForeignPagesCannotConnect) {
  EchoSite site;
  EXPECT_EQ(reply_to(site, upgrade(kRest + "Origin: http://localhost\r\n")).status, 101);
  for (const char* origin : {"http://evil.com", "null", "http://localhost.evil.com"})
    EXPECT_EQ(reply_to(site, upgrade(kRest + "Origin: " + origin + "\r\n")).status, 403);
}

TEST_F(WebSocketTest, AKeyMayComeAsASubprotocolAndIsNotSaidBack) {
  EchoSite site;
  site.site().keys.replace({plain_api_key("secret")});
  EXPECT_EQ(reply_to(site, upgrade(kRest)).status, 401);
  EXPECT_EQ(reply_to(site, upgrade(kRest + "Authorization: Bearer secret\r\n")).status, 101);
  const std::string protocols =
      "Sec-WebSocket-Protocol: openai-insecure-api-key.secret, responses\r\n";
  const Reply reply = reply_to(site, upgrade(kRest + protocols));
  EXPECT_EQ(reply.status, 101);
  EXPECT_EQ(reply.headers.at("sec-websocket-protocol"), "responses");
}

}  // namespace
}  // namespace pincer::test
