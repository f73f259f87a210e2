#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "server/http/sse.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

// The chunks of a streamed answer, without the final [DONE], which must be there.
std::vector<json::value> chunks_of(const Reply& reply) {
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "text/event-stream; charset=utf-8");
  std::vector<std::string> events = sse_events(reply.body);
  EXPECT_EQ(events.back(), "[DONE]");
  events.pop_back();
  std::vector<json::value> chunks;
  for (const std::string& event : events) chunks.push_back(json::parse(event));
  return chunks;
}

std::string text_of(const std::vector<json::value>& chunks) {
  std::string text;
  for (const json::value& chunk : chunks) {
    for (const json::value& choice : chunk.at("choices").as_array()) {
      const json::value* content = choice.at("delta").as_object().if_contains("content");
      if (content) text += content->as_string();
    }
  }
  return text;
}

TEST(OpenAiStream, HasARoleDeltasAndAFinish) {
  TestServer server;
  const auto chunks = chunks_of(server.post(kChatPath, chat_body(R"(,"stream":true)")));
  ASSERT_GE(chunks.size(), 3u);
  EXPECT_EQ(text_of(chunks), "You said: Hi");
  for (const json::value& chunk : chunks) {
    EXPECT_EQ(chunk.at("id"), chunks[0].at("id"));
    EXPECT_EQ(chunk.at("object").as_string(), "chat.completion.chunk");
    EXPECT_EQ(chunk.at("model").as_string(), "fake-model");
    EXPECT_EQ(chunk.at("system_fingerprint").as_string(), "fp_fake");
    EXPECT_FALSE(chunk.as_object().contains("usage"));
    ASSERT_EQ(chunk.at("choices").as_array().size(), 1u);
    EXPECT_EQ(chunk.at("choices").at(0).at("index").as_int64(), 0);
  }
  EXPECT_EQ(chunks[0].at("choices").at(0).at("delta"),
            json::parse(R"({"role":"assistant","content":"","refusal":null})"));
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) {
    EXPECT_TRUE(chunks[i].at("choices").at(0).at("finish_reason").is_null());
  }
  const json::value& last = chunks.back().at("choices").at(0);
  EXPECT_EQ(last.at("finish_reason").as_string(), "stop");
  EXPECT_EQ(last.at("delta"), json::value(json::object()));
}

TEST(OpenAiStream, UsageComesLastAndOnlyWhenAskedFor) {
  TestServer server;
  const auto chunks = chunks_of(server.post(
      kChatPath, chat_body(R"(,"stream":true,"stream_options":{"include_usage":true})")));
  for (std::size_t i = 0; i + 1 < chunks.size(); ++i) EXPECT_TRUE(chunks[i].at("usage").is_null());
  EXPECT_TRUE(chunks.back().at("choices").as_array().empty());
  EXPECT_EQ(
      chunks.back().at("usage"),
      json::parse(
          R"({"prompt_tokens":2,"completion_tokens":12,"total_tokens":14,)"
          R"("prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":0}})"));
}

TEST(OpenAiStream, TokensThatAreThereGoOutTogether) {
  TestServer server;
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kChatPath, chat_body(R"(,"stream":true)"));
  server.backend().wait_queued(1);
  EXPECT_EQ(client.read_head().status, 200);
  EXPECT_EQ(sse_events(client.read_chunk()).size(), 1u);  // the role comes before any token
  server.backend().send_all("a");
  const auto events = sse_events(client.read_chunk());
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(json::parse(events[0]).at("choices").at(0).at("delta").at("content").as_string(), "a");
}

TEST(OpenAiStream, CharactersAreNotCutApart) {
  TestServer server;
  const std::string text = "na\xc3\xafve \xf0\x9f\x98\x80 \xe6\xbc\xa2";
  server.backend().answer_with(text);
  const auto chunks =
      chunks_of(server.post(kChatPath, chat_body(R"(,"stream":true)")));  // parses: all is UTF-8
  EXPECT_EQ(text_of(chunks), text);
}

TEST(OpenAiStream, AStopStringAcrossTokensIsNeverShown) {
  TestServer server;
  server.backend().answer_with("abcSTOPdef");
  const auto chunks =
      chunks_of(server.post(kChatPath, chat_body(R"(,"stream":true,"stop":"STOP")")));
  EXPECT_EQ(text_of(chunks), "abc");
  EXPECT_EQ(chunks.back().at("choices").at(0).at("finish_reason").as_string(), "stop");
}

TEST(OpenAiStream, LogprobsCoverEachTokenOnce) {
  TestServer server;
  server.backend().answer_with("\xf0\x9f\x98\x80ok");
  const auto chunks =
      chunks_of(server.post(kChatPath, chat_body(R"(,"stream":true,"logprobs":true)")));
  std::size_t tokens = 0;
  for (const json::value& chunk : chunks) {
    const json::value& logprobs = chunk.at("choices").at(0).at("logprobs");
    if (!logprobs.is_null()) tokens += logprobs.at("content").as_array().size();
  }
  EXPECT_EQ(tokens, 6u);
}

TEST(OpenAiStream, AFailureMidwayIsAnErrorEvent) {
  TestServer server;
  server.backend().answer_with("half");
  server.backend().fail_with("out of cake");
  const Reply reply = server.post(kChatPath, chat_body(R"(,"stream":true)"));
  ASSERT_EQ(reply.status, 200);
  const auto last = json::parse(sse_events(reply.body).back());
  EXPECT_EQ(last.at("error").at("type").as_string(), "server_error");
  EXPECT_NE(last.at("error").at("message").as_string().find("out of cake"), json::string::npos);
}

TEST(OpenAiStream, Http10GetsItUnchunked) {
  TestServer server;
  TestClient client = server.connect();
  const std::string body = chat_body(R"(,"stream":true)");
  client.send("POST /v1/chat/completions HTTP/1.0\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  const Reply reply = client.read();
  EXPECT_FALSE(reply.headers.contains("transfer-encoding"));
  EXPECT_EQ(text_of(chunks_of(reply)), "You said: Hi");
}

TEST(OpenAiStream, TheConnectionCarriesTheNextRequest) {
  TestServer server;
  TestClient client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.post(kChatPath, chat_body(R"(,"stream":true)"));
    EXPECT_EQ(text_of(chunks_of(client.read())), "You said: Hi");
  }
}

TEST(OpenAiStream, PipelinedRequestsAreAnsweredInTurn) {
  TestServer server;
  TestClient client = server.connect();
  client.post(kChatPath, chat_body(R"(,"stream":true)"));
  client.post(kChatPath, chat_body());
  client.get("/health");
  EXPECT_EQ(text_of(chunks_of(client.read())), "You said: Hi");
  EXPECT_EQ(json::parse(client.read().body).at("object").as_string(), "chat.completion");
  EXPECT_EQ(client.read().body, R"({"status":"ok"})");
}

TEST(Sse, EventsAndChunksAreFramed) {
  std::string out;
  append_sse_event(out, R"({"a":1})");
  EXPECT_EQ(out, "data: {\"a\":1}\n\n");
  EXPECT_EQ(http_chunk("0123456789abcdef!"), "11\r\n0123456789abcdef!\r\n");
  EXPECT_EQ(http_chunk(""), "");
}

}  // namespace
}  // namespace pincer::test
