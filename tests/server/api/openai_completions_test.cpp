// The shapes of answers are those of
// https://platform.openai.com/docs/api-reference/completions/object
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

constexpr std::string_view kCompletionsPath = "/v1/completions";

std::string body_of(std::string_view prompt, std::string_view more = "") {
  return std::string(R"({"model":"fake-model","prompt":)") + std::string(prompt) +
         std::string(more) + "}";
}

json::value post(TestServer& server, const std::string& body) {
  const Reply reply = server.post(kCompletionsPath, body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  return json::parse(reply.body);
}

TEST(OpenAiCompletions, AnswersWithOneObject) {
  TestServer server;
  json::object body = post(server, body_of(R"("Hi")")).as_object();
  EXPECT_TRUE(body.at("id").as_string().starts_with("cmpl-"));
  for (const char* varies : {"id", "created", "timings"}) body.erase(varies);
  EXPECT_EQ(
      json::value(body),
      json::parse(
          R"({"object":"text_completion","model":"fake-model","choices":[{"index":0,"text":"You said: Hi",
    "logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":12,"total_tokens":14,
    "prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":0}},"system_fingerprint":"fp_fake"})"));
}

TEST(OpenAiCompletions, SixteenTokensUnlessAskedOtherwise) {
  TestServer server;
  server.backend().answer_with(std::string(100, 'x'));
  EXPECT_EQ(post(server, body_of(R"("Hi")")).at("usage").at("completion_tokens").as_int64(), 16);
  const auto longer = post(server, body_of(R"("Hi")", R"(,"max_tokens":40)"));
  EXPECT_EQ(longer.at("usage").at("completion_tokens").as_int64(), 40);
  EXPECT_EQ(longer.at("choices").at(0).at("finish_reason").as_string(), "length");
}

TEST(OpenAiCompletions, SeveralPromptsAndChoices) {
  TestServer server;
  const auto body = post(server, body_of(R"(["a","b"])", R"(,"n":2)"));
  const json::array& choices = body.at("choices").as_array();
  ASSERT_EQ(choices.size(), 4u);
  for (std::size_t i = 0; i < 4; ++i) {
    EXPECT_EQ(choices[i].at("index").as_int64(), static_cast<std::int64_t>(i));
    EXPECT_EQ(choices[i].at("text").as_string(), i < 2 ? "You said: a" : "You said: b");
  }
  EXPECT_EQ(body.at("usage").at("prompt_tokens").as_int64(), 2);  // each prompt once
}

TEST(OpenAiCompletions, TokensArePromptsToo) {
  TestServer server;
  EXPECT_EQ(post(server, body_of("[72,105]")).at("choices").at(0).at("text").as_string(),
            "You said: Hi");
  EXPECT_EQ(post(server, body_of("[[72],[105]]")).at("choices").as_array().size(), 2u);
}

TEST(OpenAiCompletions, EchoPutsThePromptFirst) {
  TestServer server;
  EXPECT_EQ(post(server, body_of(R"("Hi")", R"(,"echo":true)"))
                .at("choices")
                .at(0)
                .at("text")
                .as_string(),
            "HiYou said: Hi");
}

TEST(OpenAiCompletions, LogprobsHaveTheOldForm) {
  TestServer server;
  server.backend().answer_with("\xc3\xa9!");
  const auto body = post(server, body_of(R"("Hi")", R"(,"logprobs":1)"));
  EXPECT_EQ(body.at("choices").at(0).at("logprobs"),
            json::parse(R"({"tokens":["\ufffd","\ufffd","!"],"token_logprobs":[-0.5,-0.5,-0.5],
    "top_logprobs":[{"\ufffd":-0.5},{"\ufffd":-0.5},{"!":-0.5}],"text_offset":[0,1,2]})"));
}

TEST(OpenAiCompletions, AStreamHasTheTextTheEndAndTheUsage) {
  TestServer server;
  const Reply reply = server.post(
      kCompletionsPath,
      body_of(R"("Hi")", R"(,"echo":true,"stream":true,"stream_options":{"include_usage":true})"));
  std::vector<std::string> events = sse_events(reply.body);
  EXPECT_EQ(events.back(), "[DONE]");
  events.pop_back();
  std::string text;
  for (std::size_t i = 0; i + 1 < events.size(); ++i) {
    const auto event = json::parse(events[i]);
    EXPECT_EQ(event.at("object").as_string(), "text_completion");
    EXPECT_TRUE(event.at("usage").is_null());
    text += event.at("choices").at(0).at("text").as_string();
    EXPECT_EQ(event.at("choices").at(0).at("finish_reason").is_string(), i + 2 == events.size());
  }
  EXPECT_EQ(text, "HiYou said: Hi");
  EXPECT_EQ(json::parse(events.back()).at("usage").at("completion_tokens").as_int64(), 12);
}

TEST(OpenAiCompletions, BadFieldsAreNamed) {
  TestServer server;
  const std::pair<std::string, std::string_view> cases[] = {
      {body_of("1"), "prompt"},
      {body_of("[1.5]"), "prompt"},
      {body_of("[-1]"), "prompt"},
      {body_of(R"(["a",1.5])"), "prompt[1]"},
      {body_of("null"), "prompt"},
      {body_of(R"("a")", R"(,"suffix":"b")"), "suffix"},
      {body_of(R"("a")", R"(,"best_of":2)"), "best_of"},
      {body_of(R"("a")", R"(,"echo":true,"logprobs":1)"), "logprobs"},
      {body_of(R"("a")", R"(,"logprobs":21)"), "logprobs"},
      {body_of(R"(["a","b","c"])", R"(,"n":32)"), "n"},
      {body_of(R"("a")", R"(,"messages":[])"), "messages"},
  };
  for (const auto& [body, param] : cases) {
    const Reply reply = server.post(kCompletionsPath, body);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(json::parse(reply.body).at("error").at("param").as_string(), param) << reply.body;
  }
}

}  // namespace
}  // namespace pincer::test
