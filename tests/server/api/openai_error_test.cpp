// Every error a client can meet: its status, and OpenAI's body.
#include "server/api/openai_error.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "server/api/shown_text.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

// The "error" object, whose four fields must be there.
json::object error_of(const Reply& reply) {
  const json::value body = json::parse(reply.body);
  EXPECT_EQ(body.as_object().size(), 1u) << reply.body;
  const json::object error = body.at("error").as_object();
  EXPECT_EQ(error.size(), 4u) << reply.body;
  EXPECT_FALSE(error.at("message").as_string().empty());
  EXPECT_TRUE(error.at("type").is_string());
  EXPECT_TRUE(error.contains("param"));
  EXPECT_TRUE(error.contains("code"));
  return error;
}

void expect_error(const Reply& reply, int status, std::string_view code) {
  EXPECT_EQ(reply.status, status) << reply.body;
  const json::object error = error_of(reply);
  EXPECT_EQ(error.at("code"), json::value(code)) << reply.body;
}

TEST(OpenAiErrors, RepeatOnlyALittleOfWhatWasSent) {
  TestServer server;
  const std::string name = "first" + std::string(1 << 20, 'x') + "last";
  const Reply reply = server.post(
      kChatPath, R"({"model":")" + name + R"(","messages":[{"role":"user","content":"Hi"}]})");
  EXPECT_EQ(reply.status, 404);
  EXPECT_LT(reply.body.size(), 2000u);
  const std::string message(error_of(reply).at("message").as_string());
  EXPECT_NE(message.find("'first"), std::string::npos) << message;
  EXPECT_NE(message.find("last' does not exist here: GET /v1/models"), std::string::npos);
}

TEST(ShownText, IsValidUtf8) {
  EXPECT_EQ(shown_text("caf\xC3\xA9 \xFF!"), "café \xEF\xBF\xBD!");
  for (std::size_t shift = 0; shift < 3; ++shift) {
    std::string text(shift, 'x');
    for (int i = 0; i < 1000; ++i) text += "€";
    const std::string shown = shown_text(text);
    EXPECT_LT(shown.size(), 1010u);
    EXPECT_EQ(shown.find("\xEF\xBF\xBD"), std::string::npos) << "a character was cut";
    EXPECT_TRUE(shown.ends_with("€"));
  }
}

TEST(OpenAiErrors, BadRequest) {
  TestServer server;
  expect_error(server.post(kChatPath, "{"), 400, "invalid_json");
  const Reply reply = server.post(kChatPath, chat_body(R"(,"n":33)"));
  expect_error(reply, 400, "invalid_value");
  EXPECT_EQ(error_of(reply).at("param").as_string(), "n");
  expect_error(server.post(kChatPath, chat_body(R"(,"logit_bias":{"258":1})")), 400,
               "invalid_value");
  EXPECT_EQ(server.post(kChatPath, chat_body(R"(,"logit_bias":{"257":1})")).status, 200);
}

TEST(OpenAiErrors, UnknownModel) {
  TestServer server;
  const Reply reply =
      server.post(kChatPath, R"({"model":"gpt-9","messages":[{"role":"user","content":"Hi"}]})");
  expect_error(reply, 404, "model_not_found");
  EXPECT_EQ(error_of(reply).at("param").as_string(), "model");
}

TEST(OpenAiErrors, UnknownPathAndWrongMethod) {
  TestServer server;
  expect_error(server.get("/v1/nothing"), 404, "not_found");
  expect_error(server.get("/health/../v1/models"), 404, "not_found");
  const Reply wrong = server.get(kChatPath);
  expect_error(wrong, 405, "method_not_allowed");
  EXPECT_EQ(wrong.headers.at("allow"), "POST, OPTIONS");
  expect_error(server.post("/v1/models", "{}"), 405, "method_not_allowed");
}

TEST(OpenAiErrors, UnsupportedMediaType) {
  TestServer server;
  for (const char* header :
       {"Content-Type: application/x-www-form-urlencoded\r\n", "Content-Type: text/plain\r\n",
        "Content-Type: application/json; charset=latin1\r\n", "Content-Encoding: gzip\r\n"}) {
    TestClient client = server.connect();
    client.send("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n" +
                std::string(header) + "\r\n{}");
    expect_error(client.read(), 415, "unsupported_media_type");
  }
}

TEST(OpenAiErrors, ContextLengthExceeded) {
  TestServer server;
  server.backend().refuse_with({ErrorCode::limit, "too long"});
  expect_error(server.post(kChatPath, chat_body()), 400, "context_length_exceeded");
}

TEST(OpenAiErrors, TemplateRefusesTheMessages) {
  TestServer server;
  server.backend().refuse_with({ErrorCode::invalid_argument, "roles must alternate"});
  expect_error(server.post(kChatPath, chat_body(R"(,"stream":true)")), 400, "invalid_value");
}

TEST(OpenAiErrors, BusySaysWhenToComeBack) {
  TestServer server;
  server.backend().refuse_with({ErrorCode::busy, "the queue is full"});
  for (const char* more : {"", R"(,"stream":true)"}) {
    const Reply reply = server.post(kChatPath, chat_body(more));
    expect_error(reply, 429, "rate_limit_exceeded");
    EXPECT_EQ(reply.headers.at("retry-after"), "1");
  }
}

TEST(OpenAiErrors, ModelStillLoading) {
  TestServer server;
  server.models().announce("big");
  const Reply reply =
      server.post(kChatPath, R"({"model":"big","messages":[{"role":"user","content":"Hi"}]})");
  expect_error(reply, 503, "model_loading");
  EXPECT_TRUE(reply.headers.contains("retry-after"));
  EXPECT_EQ(server.get("/ready").status, 503);
  server.models().remove("big");
  EXPECT_EQ(server.get("/ready").status, 200);
}

TEST(OpenAiErrors, TheModelFails) {
  TestServer server;
  server.backend().fail_with("NaN in layer 3");
  const Reply reply = server.post(kChatPath, chat_body());
  EXPECT_EQ(reply.status, 500);
  EXPECT_EQ(error_of(reply).at("type").as_string(), "server_error");
}

TEST(OpenAiErrors, ARequestThatProvesImpossibleIsNoFaultOfTheServer) {
  TestServer server;
  server.backend().fail_with("make the grammar less ambiguous", FinishReason::refused);
  const Reply reply = server.post(kChatPath, chat_body());
  expect_error(reply, 400, "invalid_value");
  EXPECT_NE(reply.body.find("less ambiguous"), std::string::npos) << reply.body;
  const Reply stream = server.post(kChatPath, chat_body(R"(,"stream":true)"));
  EXPECT_NE(stream.body.find("invalid_request_error"), std::string::npos) << stream.body;
}

TEST(OpenAiErrors, AnErrorKeepsTheConnectionWhereTheBodyWasRead) {
  TestServer server;
  TestClient client = server.connect();
  client.post(kChatPath, "{");
  EXPECT_EQ(client.read().status, 400);
  client.get("/nothing");
  EXPECT_EQ(client.read().status, 404);
  client.post(kChatPath, chat_body());
  EXPECT_EQ(client.read().status, 200);
}

TEST(OpenAiErrors, TextsAreEscaped) {
  EXPECT_EQ(
      openai_error_body({.message = "a \"b\"\n", .param = "p", .code = "c"}),
      R"({"error":{"message":"a \"b\"\n","type":"invalid_request_error","param":"p","code":"c"}})");
}

}  // namespace
}  // namespace pincer::test
