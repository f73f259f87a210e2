#include "server/upstream/remote_upstream.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>
#include <cstdlib>

#include "tests/server/support/script_server.h"
#include "tests/server/support/test_certificate.h"
#include "tests/server/support/test_server.h"

namespace pincer {
namespace {

using namespace std::chrono_literals;
using test::ScriptServer;
using Answer = ScriptServer::Answer;

constexpr const char* kChunk =
    "data: {\"choices\":[{\"delta\":{\"content\":\"1 \"},\"finish_reason\":null}]}\n\n";
constexpr const char* kEnd =
    "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

struct Outcome {
  std::string text;
  std::optional<UpstreamEnd> end;
  std::optional<UpstreamFailure> failure;
};

asio::awaitable<void> ask(std::shared_ptr<Upstream> upstream, ChatRequest request, Outcome& out) {
  StartedStream started =
      co_await upstream->start(std::move(request), std::make_shared<StartWatch>());
  if (auto* failure = std::get_if<UpstreamFailure>(&started)) {
    out.failure = std::move(*failure);
    co_return;
  }
  const auto stream = std::get<std::unique_ptr<UpstreamStream>>(std::move(started));
  while (!out.end && !out.failure) {
    UpstreamNews news = co_await stream->next();
    for (const AnswerPart& part : news.parts) out.text += part.text;
    out.end = std::move(news.end);
    out.failure = std::move(news.failure);
  }
}

class RemoteUpstreamTest : public ::testing::Test {
 protected:
  RemoteUpstreamTest() {
    config_.name = "cloud";
    config_.base_url = server_.address() + "/v1";
    config_.proxy = "none";
    config_.models["chat"] = "big-model";
    request_.model = "chat";
    request_.messages.push_back({.role = "user", .content = "Hi"});
  }
  Outcome ask_once() {
    if (!upstream_) {
      auto made = make_remote_upstream(config_, openai_dialect());
      EXPECT_TRUE(made) << made.error().message;
      upstream_ = *std::move(made);
    }
    Outcome out;
    asio::co_spawn(io_, ask(upstream_, request_, out), asio::detached);
    io_.restart();
    io_.run();
    return out;
  }
  void expect_failure(FailureClass kind) {
    const Outcome out = ask_once();
    ASSERT_TRUE(out.failure);
    EXPECT_EQ(name(out.failure->kind), name(kind)) << out.failure->message;
  }

  asio::io_context io_;
  ScriptServer server_;
  UpstreamConfig config_;
  ChatRequest request_;
  std::shared_ptr<Upstream> upstream_;
};

TEST_F(RemoteUpstreamTest, StreamsAndKeepsItsConnection) {
  ::setenv("PINCER_TEST_UPSTREAM_KEY", "sk-secret", 1);
  config_.api_key_env = "PINCER_TEST_UPSTREAM_KEY";
  for (int i = 0; i < 3; ++i) {
    server_.answer(ScriptServer::events(std::string(kChunk) + kChunk + kEnd));
    const Outcome out = ask_once();
    EXPECT_EQ(out.text, "1 1 ");
    ASSERT_TRUE(out.end) << out.failure->message;
  }
  EXPECT_EQ(server_.connections(), 1);
  const std::string request = server_.requests().front();
  EXPECT_TRUE(request.starts_with("POST /v1/chat/completions HTTP/1.1\r\n")) << request;
  EXPECT_NE(request.find("\r\nAuthorization: Bearer sk-secret\r\n"), std::string::npos);
  const auto body = boost::json::parse(request.substr(request.find("\r\n\r\n") + 4)).as_object();
  EXPECT_EQ(body.at("model"), "big-model");
  EXPECT_EQ(body.at("stream"), true);
}

TEST_F(RemoteUpstreamTest, AConnectionThatWasClosedWhileItRestedIsNoFailure) {
  server_.answer(ScriptServer::events(kEnd), Answer::close);
  EXPECT_TRUE(ask_once().end);
  server_.answer(ScriptServer::events(kEnd));
  EXPECT_TRUE(ask_once().end);
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(RemoteUpstreamTest, WhatBreaksHasItsClass) {
  server_.answer(ScriptServer::open_events(kChunk), Answer::reset);
  const Outcome cut = ask_once();
  EXPECT_EQ(cut.text, "1 ") << "what came before is not lost";
  EXPECT_EQ(cut.failure->kind, FailureClass::reset);
  server_.answer(ScriptServer::open_events(kChunk), Answer::close);
  expect_failure(FailureClass::reset);
  server_.answer("", Answer::close);
  expect_failure(FailureClass::reset);
  server_.answer("SSH-2.0-OpenSSH_9.2\r\n\r\n", Answer::close);
  expect_failure(FailureClass::garbled);
  server_.answer(ScriptServer::events("data: <html>\n\n"));
  expect_failure(FailureClass::garbled);
}

TEST_F(RemoteUpstreamTest, SilenceBeforeTheFirstContentHasItsClass) {
  config_.timeouts.first_token = 50ms;
  server_.answer(ScriptServer::open_events(": hello\n\n"), Answer::stall);
  expect_failure(FailureClass::timeout_first);
  server_.answer("", Answer::stall);
  expect_failure(FailureClass::timeout_first);
}

TEST_F(RemoteUpstreamTest, SilenceAfterContentHasItsClass) {
  config_.timeouts.inter_token = 50ms;
  server_.answer(ScriptServer::open_events(kChunk), Answer::stall);
  expect_failure(FailureClass::timeout_idle);
}

TEST_F(RemoteUpstreamTest, ARefusalIsReadWithItsRetryAfter) {
  const std::string body = R"({"error":{"message":"slow down","code":"rate_limit_exceeded"}})";
  server_.answer("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
  const Outcome out = ask_once();
  ASSERT_TRUE(out.failure);
  EXPECT_EQ(out.failure->kind, FailureClass::rate);
  EXPECT_EQ(out.failure->retry_after, 7s);
  EXPECT_EQ(out.failure->message, "upstream 'cloud': slow down");
  server_.answer(ScriptServer::events(kEnd));
  EXPECT_TRUE(ask_once().end);
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(RemoteUpstreamTest, ARedirectIsNotFollowed) {
  server_.answer(
      "HTTP/1.1 302 Found\r\nLocation: http://169.254.1.1/\r\nContent-Length: 0\r\n\r\n");
  expect_failure(FailureClass::server);
}

TEST_F(RemoteUpstreamTest, NobodyThereIsAConnectFailure) {
  {
    const ScriptServer gone;
    config_.base_url = gone.address() + "/v1";
  }
  expect_failure(FailureClass::connect);
}

TEST_F(RemoteUpstreamTest, APlainProxyGetsTheWholeAddress) {
  config_.proxy = server_.address();
  config_.base_url = "http://api.example:8123/v1";
  server_.answer(ScriptServer::events(kEnd));
  EXPECT_TRUE(ask_once().end);
  EXPECT_TRUE(server_.requests().front().starts_with(
      "POST http://api.example:8123/v1/chat/completions HTTP/1.1\r\nHost: api.example:8123\r\n"));
}

TEST_F(RemoteUpstreamTest, ATlsProxyIsAskedForATunnel) {
  config_.proxy = server_.address();
  config_.base_url = "https://api.example/v1";
  server_.answer("HTTP/1.1 403 Forbidden\r\n\r\n");
  expect_failure(FailureClass::connect);
  EXPECT_TRUE(server_.requests().front().starts_with("CONNECT api.example:443 HTTP/1.1\r\n"));
}

TEST_F(RemoteUpstreamTest, AMissingKeyIsNamedAndNeverShown) {
  config_.api_key_env = "PINCER_TEST_NO_SUCH_KEY";
  auto made = make_remote_upstream(config_, openai_dialect());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message,
            "upstream 'cloud': the variable PINCER_TEST_NO_SUCH_KEY is not set, which should hold "
            "its key");
  ::setenv("PINCER_TEST_UPSTREAM_KEY", "sk bad\n", 1);
  config_.api_key_env = "PINCER_TEST_UPSTREAM_KEY";
  made = make_remote_upstream(config_, openai_dialect());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().message.find("sk bad"), std::string::npos);
}

TEST_F(RemoteUpstreamTest, SpeaksToAPincerOverTlsOnceItsCertificateIsTrusted) {
  test::TestCertificates certificates;
  const auto files = certificates.make("server");
  ServerOptions options;
  options.listen = {"https://127.0.0.1:0"};
  options.tls_certificate = files.certificate;
  options.tls_key = files.key;
  test::TestServer pincer(std::move(options));
  // The name that the certificate has.
  std::string address = pincer.address();
  address.replace(address.find("127.0.0.1"), 9, "localhost");
  config_.base_url = address + "/v1";
  config_.models["chat"] = "fake-model";
  expect_failure(FailureClass::connect);
  upstream_.reset();
  config_.ca_file = files.certificate;
  const Outcome out = ask_once();
  ASSERT_TRUE(out.end) << out.failure->message;
  EXPECT_EQ(out.text, "You said: Hi");
  upstream_.reset();
  config_.base_url = pincer.address() + "/v1";  // not its name
  expect_failure(FailureClass::connect);
}

TEST_F(RemoteUpstreamTest, SpeaksToAPincerWithToolsAndFormats) {
  test::TestServer pincer;
  config_.base_url = pincer.address() + "/v1";
  config_.models["chat"] = "fake-model";
  config_.prefill = UpstreamConfig::Prefill::continued;
  request_.tools.push_back({.name = "weather", .parameters = R"({"type":"object"})"});
  request_.tool_choice.kind = ToolChoice::Kind::required;
  request_.max_tokens = 77;
  request_.stops = {"END"};
  request_.messages.push_back({.role = "assistant", .content = "It is"});
  request_.continue_last = true;
  EXPECT_TRUE(ask_once().end);
  const ChatRequest seen = pincer.backend().last_request();
  EXPECT_EQ(seen.tools.size(), 1u);
  EXPECT_EQ(seen.tool_choice.kind, ToolChoice::Kind::required);
  EXPECT_EQ(seen.max_tokens, 77);
  EXPECT_EQ(seen.stops, request_.stops);
  EXPECT_TRUE(seen.continue_last);
  EXPECT_EQ(seen.messages.back().content, "It is");
}

}  // namespace
}  // namespace pincer
