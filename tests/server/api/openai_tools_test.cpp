// Tool calls, reasoning and several choices, over HTTP.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kTools =
    R"(,"tools":[{"type":"function","function":{"name":"f"}},{"type":"function","function":{"name":"g"}}])";

AnswerFormat calls_and_thinking() {
  AnswerFormat format;
  format.think_begin = "<think>";
  format.think_end = "</think>";
  format.calls = AnswerFormat::Calls::tagged;
  format.tools = {"f", "g"};
  return format;
}

constexpr std::string_view kAnswer =
    "<think>hm</think>Look:<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1}}</tool_call>"
    "<tool_call>{\"name\":\"g\",\"arguments\":{}}</tool_call>";

class OpenAiTools : public ::testing::Test {
 protected:
  OpenAiTools() {
    server_.backend().format_with(calls_and_thinking());
    server_.backend().answer_with(std::string(kAnswer));
  }
  TestServer server_;
};

TEST_F(OpenAiTools, CallsAndReasoningStandApart) {
  const auto body = json::parse(server_.post(kChatPath, chat_body(kTools)).body);
  const json::value& choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("finish_reason").as_string(), "tool_calls");
  json::object message = choice.at("message").as_object();
  EXPECT_EQ(message.at("content").as_string(), "Look:");
  EXPECT_EQ(message.at("reasoning_content").as_string(), "hm");
  json::array calls = message.at("tool_calls").as_array();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_NE(calls[0].at("id"), calls[1].at("id"));
  for (json::value& call : calls) call.as_object().erase("id");
  EXPECT_EQ(json::value(calls),
            json::parse(R"([{"type":"function","function":{"name":"f","arguments":"{\"a\":1}"}},
                            {"type":"function","function":{"name":"g","arguments":"{}"}}])"));
  EXPECT_EQ(body.at("usage").at("completion_tokens_details").at("reasoning_tokens").as_int64(), 10);
}

TEST_F(OpenAiTools, ContentIsNullBesideNothingButCalls) {
  server_.backend().answer_with(R"(<tool_call>{"name":"f","arguments":{}}</tool_call>)");
  const auto body = json::parse(server_.post(kChatPath, chat_body(kTools)).body);
  EXPECT_TRUE(body.at("choices").at(0).at("message").at("content").is_null());
}

TEST_F(OpenAiTools, AStreamTellsTheSame) {
  std::string text, reasoning, finish;
  std::vector<std::pair<std::string, std::string>> calls;
  const Reply reply = server_.post(kChatPath, chat_body(std::string(kTools) + R"(,"stream":true)"));
  for (const std::string& event : sse_events(reply.body)) {
    if (event == "[DONE]") break;
    const auto chunk = json::parse(event);
    const json::value& choice = chunk.at("choices").at(0);
    const json::object& delta = choice.at("delta").as_object();
    if (const auto* content = delta.if_contains("content")) text += content->as_string();
    if (const auto* thought = delta.if_contains("reasoning_content"))
      reasoning += thought->as_string();
    if (choice.at("finish_reason").is_string()) finish = choice.at("finish_reason").as_string();
    const auto* entries = delta.if_contains("tool_calls");
    if (entries == nullptr) continue;
    for (const json::value& entry : entries->as_array()) {
      const auto index = static_cast<std::size_t>(entry.at("index").as_int64());
      const json::object& function = entry.at("function").as_object();
      if (index == calls.size()) {
        EXPECT_TRUE(entry.at("id").as_string().starts_with("call_"));
        EXPECT_EQ(entry.at("type").as_string(), "function");
        calls.emplace_back(function.at("name").as_string(), "");
      }
      calls.at(index).second += function.at("arguments").as_string();
    }
  }
  EXPECT_EQ(text, "Look:");
  EXPECT_EQ(reasoning, "hm");
  EXPECT_EQ(finish, "tool_calls");
  EXPECT_EQ(calls,
            (std::vector<std::pair<std::string, std::string>>{{"f", R"({"a":1})"}, {"g", "{}"}}));
}

TEST_F(OpenAiTools, OneCallStopsTheEngine) {
  AnswerFormat format = calls_and_thinking();
  format.most_calls = 1;
  server_.backend().format_with(format);
  server_.backend().answer_with(R"(<tool_call>{"name":"f","arguments":{}}</tool_call>)" +
                                std::string(100'000, 'x'));
  const auto body = json::parse(server_.post(kChatPath, chat_body(kTools)).body);
  const json::value& choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("finish_reason").as_string(), "tool_calls");
  EXPECT_TRUE(choice.at("message").at("content").is_null());
  server_.backend().wait_cancelled(1);
}

TEST_F(OpenAiTools, ParametersBeyondAMegabyteAreRefused) {
  const std::string tools =
      R"(,"tools":[{"type":"function","function":{"name":"f","parameters":{"description":")" +
      std::string(1 << 20, 'x') + R"("}}}])";
  const Reply reply = server_.post(kChatPath, chat_body(tools));
  EXPECT_EQ(reply.status, 400);
  EXPECT_NE(reply.body.find("1048576 bytes"), std::string::npos) << reply.body;
}

TEST(OpenAiChoices, AreNumberedAndCountedOnce) {
  TestServer server;
  const auto body = json::parse(server.post(kChatPath, chat_body(R"(,"n":3)")).body);
  ASSERT_EQ(body.at("choices").as_array().size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(body.at("choices").at(i).at("index").as_int64(), static_cast<std::int64_t>(i));
    EXPECT_EQ(body.at("choices").at(i).at("message").at("content").as_string(), "You said: Hi");
  }
  EXPECT_EQ(body.at("usage").at("prompt_tokens").as_int64(), 2);
  EXPECT_EQ(body.at("usage").at("completion_tokens").as_int64(), 36);
}

TEST(OpenAiChoices, AStreamHasEachToItsEnd) {
  TestServer server;
  const Reply reply = server.post(
      kChatPath, chat_body(R"(,"n":2,"stream":true,"stream_options":{"include_usage":true})"));
  std::vector<std::string> texts(2);
  int ends = 0;
  std::vector<std::string> events = sse_events(reply.body);
  EXPECT_EQ(events.back(), "[DONE]");
  events.pop_back();
  for (const std::string& event : events) {
    const auto chunk = json::parse(event);
    for (const json::value& choice : chunk.at("choices").as_array()) {
      const auto index = static_cast<std::size_t>(choice.at("index").as_int64());
      const auto* content = choice.at("delta").as_object().if_contains("content");
      if (content != nullptr) texts.at(index) += content->as_string();
      if (choice.at("finish_reason").is_string()) ++ends;
    }
  }
  EXPECT_EQ(texts, (std::vector<std::string>{"You said: Hi", "You said: Hi"}));
  EXPECT_EQ(ends, 2);
  EXPECT_EQ(json::parse(events.back()).at("usage").at("completion_tokens").as_int64(), 24);
}

TEST(OpenAiChoices, ALeavingClientCancelsAll) {
  TestServer server;
  server.backend().hold();
  {
    TestClient client = server.connect();
    client.post(kChatPath, chat_body(R"(,"n":3)"));
    server.backend().wait_queued(3);
  }
  server.backend().wait_cancelled(3);
}

}  // namespace
}  // namespace pincer::test
