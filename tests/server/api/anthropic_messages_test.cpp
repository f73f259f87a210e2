#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

constexpr const char* kPath = "/v1/messages";

std::string body(const std::string& more = "", const std::string& model = "fake-model") {
  return R"({"model":")" + model +
         R"(","max_tokens":50,"messages":[{"role":"user","content":"Hi"}])" + more + "}";
}

std::string error_type(const Reply& reply) {
  const json::value error = json::parse(reply.body);
  EXPECT_EQ(error.at("type").as_string(), "error");
  EXPECT_FALSE(error.at("error").at("message").as_string().empty());
  return std::string(error.at("error").at("type").as_string());
}

TEST(AnthropicMessages, AnswersWhole) {
  TestServer server;
  const Reply reply = server.post(kPath, body());
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.headers.at("request-id"), reply.headers.at("x-request-id"));
  const json::value message = json::parse(reply.body);
  EXPECT_EQ(message.at("type").as_string(), "message");
  EXPECT_EQ(message.at("role").as_string(), "assistant");
  EXPECT_EQ(message.at("content"), json::parse(R"([{"type":"text","text":"You said: Hi"}])"));
  EXPECT_EQ(message.at("stop_reason").as_string(), "end_turn");
  EXPECT_EQ(message.at("usage"), json::parse(R"({"input_tokens":1,"cache_creation_input_tokens":0,)"
                                             R"("cache_read_input_tokens":1,"output_tokens":12})"));
}

TEST(AnthropicMessages, StopsAtASequence) {
  TestServer server;
  const Reply reply = server.post(kPath, body(R"(,"stop_sequences":[": "])"));
  const json::value message = json::parse(reply.body);
  EXPECT_EQ(message.at("content").at(0).at("text").as_string(), "You said");
  EXPECT_EQ(message.at("stop_reason").as_string(), "stop_sequence");
  EXPECT_EQ(message.at("stop_sequence").as_string(), ": ");
}

TEST(AnthropicMessages, Streams) {
  TestServer server;
  const Reply reply = server.post(kPath, body(R"(,"stream":true)"));
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "text/event-stream; charset=utf-8");
  std::string text;
  const auto events = sse_events(reply.body);
  for (const std::string& event : events) {
    const json::value data = json::parse(event);
    if (data.at("type").as_string() == "content_block_delta")
      text += data.at("delta").at("text").as_string();
  }
  EXPECT_EQ(text, "You said: Hi");
  const json::value start = json::parse(events.front());
  EXPECT_EQ(start.at("type").as_string(), "message_start");
  EXPECT_GT(start.at("message").at("usage").at("input_tokens").as_int64(), 0);
  EXPECT_EQ(json::parse(events.back()).at("type").as_string(), "message_stop");
}

TEST(AnthropicMessages, CountsTokens) {
  TestServer server;
  const Reply reply = server.post("/v1/messages/count_tokens",
                                  R"({"model":"fake-model","system":"S",)"
                                  R"("messages":[{"role":"user","content":"Hello"}]})");
  ASSERT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(json::parse(reply.body), json::parse(R"({"input_tokens":5})"));
}

TEST(AnthropicMessages, EveryResponseHasAnIdUnderTheNameOfItsClients) {
  TestServer server;
  for (const std::string& request : {body(""), body(R"(,"stream":true)"), std::string("{")}) {
    const auto headers = server.post(kPath, request).headers;
    EXPECT_FALSE(headers.at("request-id").empty());
    EXPECT_EQ(headers.at("request-id"), headers.at("x-request-id"));
  }
}

TEST(AnthropicMessages, RefusesInItsOwnBody) {
  TestServer server;
  const Reply unknown = server.post(kPath, body("", "other"));
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(error_type(unknown), "not_found_error");
  const Reply bad = server.post(kPath, body(R"(,"temperature":7)"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(error_type(bad), "invalid_request_error");
  const Reply method = server.get(kPath);
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(error_type(method), "invalid_request_error");
  EXPECT_EQ(error_type(server.post("/v1/messages/count_tokens", "[")), "invalid_request_error");
}

TEST(AnthropicMessages, TakesItsKey) {
  ServerOptions options;
  options.api_keys = {plain_api_key("secret")};
  TestServer server(options);
  const Reply refused = server.post(kPath, body());
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(error_type(refused), "authentication_error");
  EXPECT_EQ(server.post(kPath, body(), "x-api-key: secret\r\n").status, 200);
}

TEST(AnthropicMessages, SaysThatTheServerIsBusy) {
  TestServer server;
  server.backend().refuse_with({ErrorCode::busy, "too many"});
  const Reply busy = server.post(kPath, body());
  EXPECT_EQ(busy.status, 429);
  EXPECT_EQ(error_type(busy), "rate_limit_error");
  EXPECT_TRUE(busy.headers.contains("retry-after"));
}

TEST(AnthropicMessages, AFailureInAStreamIsAnEvent) {
  TestServer server;
  server.backend().fail_with("broken");
  const auto events = sse_events(server.post(kPath, body(R"(,"stream":true)")).body);
  EXPECT_EQ(json::parse(events.back()).at("error").at("type").as_string(), "api_error");
}

TEST(AnthropicMessages, AClientThatLeavesFreesItsPlace) {
  TestServer server;
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kPath, body(R"(,"stream":true)"));
  server.backend().wait_queued(1);
  client.close();
  server.backend().wait_cancelled(1);
}

}  // namespace
}  // namespace pincer::test
