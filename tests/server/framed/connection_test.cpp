// A whole server, spoken to in frames.
#include <gtest/gtest.h>

#include <map>

#include "server/framed/frame.h"
#include "tests/server/support/hostile_bodies.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

constexpr std::size_t kMuch = 64 << 20;  // bytes

ServerOptions framed_options() {
  ServerOptions options;
  options.listen = {"tcp://127.0.0.1:0", "http://127.0.0.1:0"};
  return options;
}

struct Received {
  FrameType type;
  std::uint8_t flags;
  std::uint32_t stream;
  std::string payload;
};

class FramedClient {
 public:
  explicit FramedClient(const std::string& address,
                        const std::string& hello = R"({"versions":[1]})")
      : client_(address) {
    if (hello.empty()) return;
    send(FrameType::hello, 0, hello);
    first_ = receive();
  }

  const Received& first() const { return first_; }
  TestClient& raw() { return client_; }
  void send(FrameType type, std::uint32_t stream, const std::string& payload, char flags = 0) {
    std::string bytes;
    append_frame(bytes, type, stream, payload);
    bytes[5] = flags;
    client_.send(bytes);
  }
  Received receive() {
    const std::string header = client_.read_exactly(kFrameHeader);
    const auto u32 = [&header](std::size_t at) {
      std::uint32_t value = 0;
      for (std::size_t i = 4; i-- > 0;)
        value = (value << 8) | static_cast<unsigned char>(header[at + i]);
      return value;
    };
    Received frame{static_cast<FrameType>(header[4]), static_cast<std::uint8_t>(header[5]), u32(8),
                   ""};
    frame.payload = client_.read_exactly(u32(0));
    return frame;
  }
  // The text of an answer, and its last frame.
  std::pair<std::string, Received> answer() {
    std::string text;
    for (;;) {
      Received frame = receive();
      if (frame.type != FrameType::text) return {text, frame};
      text += frame.payload;
    }
  }

 private:
  TestClient client_;
  Received first_{};
};

bool has(const Received& frame, std::string_view words) {
  return frame.payload.find(words) != std::string::npos;
}

TEST(FramedConnection, AnswersAChat) {
  TestServer server(framed_options());
  FramedClient client(server.address());
  EXPECT_EQ(client.first().type, FrameType::welcome);
  EXPECT_TRUE(has(client.first(), R"("version":1)"));
  client.send(FrameType::chat, 9, chat_body());
  const auto [text, last] = client.answer();
  EXPECT_EQ(text, "You said: Hi");
  EXPECT_EQ(last.type, FrameType::finish);
  EXPECT_EQ(last.stream, 9u);
  EXPECT_TRUE(has(last, R"("finish_reason":"stop")"));
  EXPECT_TRUE(has(last, R"("completion_tokens":12)"));
  // The number is free again.
  client.send(FrameType::chat, 9, chat_body());
  EXPECT_EQ(client.answer().first, "You said: Hi");
}

TEST(FramedConnection, TokenIdsComeWithTheText) {
  TestServer server(framed_options());
  FramedClient client(server.address());
  client.send(FrameType::chat, 1, chat_body(), kWithIds);
  std::string text, bytes;
  for (Received frame = client.receive(); frame.type == FrameType::text; frame = client.receive()) {
    ASSERT_EQ(frame.flags, kWithIds);
    const auto count = static_cast<std::size_t>(static_cast<unsigned char>(frame.payload[0]));
    // In the fake's vocabulary a token is a byte.
    for (std::size_t i = 0; i < count; ++i) bytes += frame.payload[4 + 4 * i];
    text += frame.payload.substr(4 + 4 * count);
  }
  EXPECT_EQ(text, "You said: Hi");
  EXPECT_EQ(bytes, text);
}

TEST(FramedConnectionConcurrency, ManyStreamsAreMixed) {
  ServerOptions options = framed_options();
  options.io_threads = 2;
  TestServer server(options);
  FramedClient client(server.address());
  std::map<std::uint32_t, std::string> texts;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    texts[i];
    client.send(FrameType::chat, i,
                R"({"model":"fake-model","messages":[{"role":"user","content":")" +
                    std::to_string(i) + R"("}]})");
  }
  for (int ends = 0; ends < 100;) {
    const Received frame = client.receive();
    ASSERT_TRUE(frame.type == FrameType::text || frame.type == FrameType::finish) << frame.payload;
    if (frame.type == FrameType::text) texts[frame.stream] += frame.payload;
    if (frame.type == FrameType::finish) ++ends;
  }
  for (const auto& [stream, text] : texts) EXPECT_EQ(text, "You said: " + std::to_string(stream));
}

TEST(FramedConnectionConcurrency, ACancelEndsOneAndAClosedConnectionAll) {
  TestServer server(framed_options());
  server.backend().hold();
  {
    FramedClient client(server.address());
    for (std::uint32_t i = 1; i <= 3; ++i) client.send(FrameType::chat, i, chat_body());
    server.backend().wait_queued(3);
    client.send(FrameType::cancel, 2, "");
    const Received end = client.receive();
    EXPECT_EQ(end.stream, 2u);
    EXPECT_EQ(end.type, FrameType::error);
    EXPECT_TRUE(has(end, R"("code":"cancelled")"));
    server.backend().wait_cancelled(1);
    client.send(FrameType::cancel, 77, "");  // nothing to cancel is no error
  }
  server.backend().wait_cancelled(3);
}

TEST(FramedConnection, PingsModelsAndASecondHello) {
  TestServer server(framed_options());
  FramedClient client(server.address());
  client.send(FrameType::ping, 0, "abc");
  const Received pong = client.receive();
  EXPECT_EQ(pong.type, FrameType::pong);
  EXPECT_EQ(pong.payload, "abc");
  client.send(FrameType::models, 3, "");
  const Received models = client.receive();
  EXPECT_EQ(models.type, FrameType::model_list);
  EXPECT_EQ(models.payload, R"({"models":[{"id":"fake-model","ready":true}]})");
  client.send(FrameType::hello, 0, R"({"versions":[1]})");
  EXPECT_TRUE(has(client.receive(), "unexpected_frame"));
}

TEST(FramedConnection, AStreamInUseAndTooManyAreRefused) {
  TestServer server(framed_options());
  server.backend().hold();
  FramedClient client(server.address());
  client.send(FrameType::chat, 1, chat_body());
  client.send(FrameType::chat, 1, chat_body());
  EXPECT_TRUE(has(client.receive(), "stream_in_use"));
  for (std::uint32_t i = 2; i <= 129; ++i) client.send(FrameType::chat, i, chat_body());
  const Received refused = client.receive();
  EXPECT_EQ(refused.stream, 129u);
  EXPECT_TRUE(has(refused, "too_many_streams"));
  EXPECT_TRUE(has(refused, R"("retry_after":1)"));
}

TEST(FramedConnection, TheHelloIsAskedForAndChecked) {
  ServerOptions options = framed_options();
  options.api_keys = {plain_api_key("secret")};
  options.limits.header_timeout = std::chrono::seconds(1);
  TestServer server(options);
  const auto refused = [&server](const std::string& hello, std::string_view words) {
    FramedClient client(server.address(), hello);
    EXPECT_EQ(client.first().type, FrameType::error);
    EXPECT_EQ(client.first().stream, 0u);
    EXPECT_TRUE(has(client.first(), words)) << client.first().payload;
    EXPECT_TRUE(client.raw().at_end());
  };
  refused(R"({"versions":[2]})", R"("status":505)");
  refused("[]", "malformed_hello");
  refused(R"({"versions":[1]})", R"("status":401)");
  refused(R"({"versions":[1],"key":"wrong"})", "invalid_api_key");
  EXPECT_EQ(FramedClient(server.address(), R"({"versions":[1],"key":"secret"})").first().type,
            FrameType::welcome);
  FramedClient hasty(server.address(), "");
  hasty.send(FrameType::models, 1, "");
  EXPECT_TRUE(has(hasty.receive(), "hello_expected"));
  EXPECT_TRUE(FramedClient(server.address(), "").raw().at_end());  // says nothing
}

TEST(FramedConnection, LimitsOfAKeyHoldForEachRequest) {
  ServerOptions options = framed_options();
  ApiKey key = plain_api_key("secret");
  key.requests_per_minute = 1;
  options.api_keys = {key};
  TestServer server(options);
  FramedClient client(server.address(), R"({"versions":[1],"key":"secret"})");
  client.send(FrameType::chat, 1, chat_body());
  EXPECT_EQ(client.answer().second.type, FrameType::finish);
  client.send(FrameType::chat, 2, chat_body());
  const Received refused = client.answer().second;
  EXPECT_TRUE(has(refused, R"("status":429)"));
  EXPECT_TRUE(has(refused, R"("retry_after":)"));
  server.server().set_api_keys({plain_api_key("new")});
  client.send(FrameType::chat, 3, chat_body());
  EXPECT_TRUE(has(client.answer().second, "invalid_api_key"));
}

TEST(FramedConnection, HostileBodiesAreRefusedAsOverHttp) {
  TestServer server(framed_options());
  FramedClient client(server.address());
  std::uint32_t stream = 0;
  for (const HostileBody& hostile : hostile_bodies()) {
    client.send(FrameType::chat, ++stream, hostile.body);
    const Received last = client.answer().second;
    const std::string status = "\"status\":" + std::to_string(hostile.status);
    const bool unnamed = hostile.status == 404 && has(last, R"("status":400)");
    EXPECT_TRUE(hostile.status == 200 ? last.type == FrameType::finish
                                      : has(last, status) || unnamed)
        << hostile.name << ": " << last.payload.substr(0, 200);
  }
}

TEST(FramedConnection, NoiseEndsTheConnection) {
  TestServer server(framed_options());
  const std::size_t before = resident_bytes();
  for (const std::string& noise :
       {std::string("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"), std::string(1 << 20, 'x'),
        std::string("\xff\xff\xff\x7f\x02\0\0\0\x01\0\0\0", 12), std::string(100, '\0'),
        std::string("\x16\x03\x01 TLS, perhaps")}) {
    FramedClient client(server.address(), "");
    client.raw().send(noise);
    EXPECT_EQ(client.receive().type, FrameType::error);
    EXPECT_TRUE(client.raw().at_end());
    FramedClient greeted(server.address());
    greeted.raw().send(noise);
    EXPECT_EQ(greeted.receive().type, FrameType::error);
    EXPECT_TRUE(greeted.raw().at_end());
  }
  EXPECT_LT(resident_bytes(), before + kMuchMemory);
}

TEST(FramedConnection, ASlowReaderIsDroppedWithinBoundedMemory) {
  ServerOptions options = framed_options();
  options.limits.write_timeout = std::chrono::milliseconds(100);
  TestServer server(options);
  server.backend().hold();
  FramedClient client(server.address());
  client.send(FrameType::chat, 1, chat_body());
  server.backend().wait_queued(1);
  server.backend().send_all(std::string(16 << 20, 'x'));
  server.backend().wait_cancelled(1);
}

TEST(FramedConnection, APingFloodIsHeldUpByItsOwnPongs) {
  ServerOptions options = framed_options();
  options.limits.write_timeout = std::chrono::milliseconds(200);
  TestServer server(options);
  const std::size_t before = resident_bytes();
  FramedClient client(server.address());
  std::string pings;
  for (int i = 0; i < 10'000; ++i) append_frame(pings, FrameType::ping, 0, std::string(64, 'p'));
  // Nobody reads the pongs: the server stops reading, then drops the client,
  // which ends the sending.
  for (int i = 0; i < 100; ++i) client.raw().send(pings);
  EXPECT_LT(resident_bytes(), before + kMuchMemory);
}

TEST(FramedConnection, AnIdleClientIsDroppedAndABusyOneIsNot) {
  ServerOptions options = framed_options();
  options.limits.idle_timeout = std::chrono::milliseconds(1000);  // a busy one asks by then
  TestServer server(options);
  EXPECT_TRUE(FramedClient(server.address()).raw().at_end());
  server.backend().hold();
  FramedClient busy(server.address());
  busy.send(FrameType::chat, 1, chat_body());
  server.backend().wait_queued(1);
  EXPECT_TRUE(FramedClient(server.address()).raw().at_end());  // meanwhile
  server.backend().let_go();
  EXPECT_EQ(busy.answer().first, "You said: Hi");
}

TEST(FramedConnectionConcurrency, ADrainLetsAnswersFinish) {
  TestServer server(framed_options());
  server.backend().hold();
  FramedClient client(server.address());
  client.send(FrameType::chat, 1, chat_body());
  server.backend().wait_queued(1);
  server.server().drain();
  EXPECT_THROW(
      {
        for (;;) FramedClient(server.address());  // until the listener is closed
      },
      std::runtime_error);
  client.send(FrameType::chat, 2, chat_body());
  const Received refused = client.receive();
  EXPECT_EQ(refused.stream, 2u);
  EXPECT_TRUE(has(refused, R"("code":"draining")"));
  server.backend().let_go();
  EXPECT_EQ(client.answer().first, "You said: Hi");
  server.join();
}

}  // namespace
}  // namespace pincer::test
