// The shapes of answers are those of https://platform.openai.com/docs/api-reference/chat/object
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <set>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

TEST(OpenAiChat, AnswersWithOneObject) {
  TestServer server;
  const Reply reply = server.post(kChatPath, chat_body());
  ASSERT_EQ(reply.status, 200);
  EXPECT_EQ(reply.headers.at("content-type"), "application/json");
  EXPECT_TRUE(reply.headers.at("x-request-id").starts_with("req_"));
  json::object body = json::parse(reply.body).as_object();
  EXPECT_TRUE(body.at("id").as_string().starts_with("chatcmpl-"));
  EXPECT_GT(body.at("created").as_int64(), 1'700'000'000);
  EXPECT_TRUE(body.at("timings").is_object());
  for (const char* varies : {"id", "created", "timings"}) body.erase(varies);
  EXPECT_EQ(json::value(body),
            json::parse(R"({"object":"chat.completion","model":"fake-model","choices":[{"index":0,
    "message":{"role":"assistant","content":"You said: Hi","refusal":null},"logprobs":null,"finish_reason":"stop"}],
    "usage":{"prompt_tokens":2,"completion_tokens":12,"total_tokens":14,"prompt_tokens_details":{"cached_tokens":1},"completion_tokens_details":{"reasoning_tokens":0}},"system_fingerprint":"fp_fake"})"));
}

TEST(OpenAiChat, HandsTheRequestToTheBackend) {
  TestServer server;
  server.post(kChatPath, chat_body(R"(,"temperature":0.5,"seed":3,"max_tokens":4,"stop":"zz")"));
  const ChatRequest request = server.backend().last_request();
  EXPECT_EQ(request.model, "fake-model");
  ASSERT_EQ(request.messages.size(), 1u);
  EXPECT_EQ(request.messages[0].content, "Hi");
  EXPECT_EQ(request.sampling.temperature, 0.5f);
  EXPECT_EQ(request.sampling.seed, 3u);
  EXPECT_EQ(request.max_tokens, 4);
}

TEST(OpenAiChat, KeyAndUserNameTheClient) {
  TestServer server;
  const auto client = [&](std::string_view more, std::string_view headers) {
    server.post(kChatPath, chat_body(more), headers);
    return server.backend().last_request().client;
  };
  const std::string nobody = client("", "");
  const std::string ann = client(R"(,"user":"ann")", "");
  const std::string key = client("", "Authorization: Bearer k1\r\n");
  const std::string both = client(R"(,"user":"ann")", "Authorization: Bearer k1\r\n");
  EXPECT_EQ((std::set<std::string>{nobody, ann, key, both}).size(), 4u);
  EXPECT_EQ(client(R"(,"user":"ann")", "x-api-key: k1\r\n"), both);
}

TEST(OpenAiChat, LengthIsAFinishReason) {
  TestServer server;
  const auto body = json::parse(server.post(kChatPath, chat_body(R"(,"max_tokens":3)")).body);
  const json::value& choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("finish_reason").as_string(), "length");
  EXPECT_EQ(choice.at("message").at("content").as_string(), "You");
}

TEST(OpenAiChat, AStopStringEndsTheAnswerAndIsNotPartOfIt) {
  TestServer server;
  server.backend().answer_with("one two three " + std::string(100'000, 'x'));
  const auto body =
      json::parse(server.post(kChatPath, chat_body(R"(,"stop":["three","two"])")).body);
  const json::value& choice = body.at("choices").at(0);
  EXPECT_EQ(choice.at("message").at("content").as_string(), "one ");
  EXPECT_EQ(choice.at("finish_reason").as_string(), "stop");
  EXPECT_EQ(body.at("usage").at("completion_tokens").as_int64(), 7);
  server.backend().wait_cancelled(1);  // the engine does not go on for nobody
}

TEST(OpenAiChat, LogprobsListEachToken) {
  TestServer server;
  server.backend().answer_with("\xc3\xa9!");  // é is two tokens here, each of them not a character
  const auto body =
      json::parse(server.post(kChatPath, chat_body(R"(,"logprobs":true,"top_logprobs":2)")).body);
  const json::value& logprobs = body.at("choices").at(0).at("logprobs");
  EXPECT_TRUE(logprobs.at("refusal").is_null());
  EXPECT_EQ(logprobs.at("content"),
            json::parse("["
                        R"({"token":"\ufffd","logprob":-0.5,"bytes":[195],"top_logprobs":[
      {"token":"\ufffd","logprob":-0.5,"bytes":[195]},{"token":"\ufffd","logprob":-1.5,"bytes":[194]}]},
    {"token":"\ufffd","logprob":-0.5,"bytes":[169],"top_logprobs":[
      {"token":"\ufffd","logprob":-0.5,"bytes":[169]},{"token":"\ufffd","logprob":-1.5,"bytes":[168]}]},
    {"token":"!","logprob":-0.5,"bytes":[33],"top_logprobs":[
      {"token":"!","logprob":-0.5,"bytes":[33]},{"token":" ","logprob":-1.5,"bytes":[32]}]}])"));
}

TEST(OpenAiChat, ModelsAreListedAndLookedUp) {
  TestServer server;
  const auto list = json::parse(server.get("/v1/models").body);
  EXPECT_EQ(list.at("object").as_string(), "list");
  EXPECT_EQ(json::parse(server.get("/models").body), list);
  ASSERT_EQ(list.at("data").as_array().size(), 1u);
  const Reply one = server.get("/v1/models/fake-model");
  EXPECT_EQ(one.status, 200);
  EXPECT_EQ(json::parse(one.body), list.at("data").at(0));
  EXPECT_EQ(json::parse(one.body).at("id").as_string(), "fake-model");
  EXPECT_EQ(json::parse(one.body).at("object").as_string(), "model");
  EXPECT_EQ(json::parse(one.body).at("owned_by").as_string(), "pincer");
  // Anthropic's client asks here as well.
  EXPECT_EQ(json::parse(one.body).at("type").as_string(), "model");
  EXPECT_EQ(json::parse(one.body).at("display_name").as_string(), "fake-model");
  EXPECT_TRUE(json::parse(one.body).at("created_at").as_string().ends_with("Z"));
  EXPECT_EQ(list.at("first_id"), "fake-model");
  EXPECT_EQ(list.at("last_id"), "fake-model");
  EXPECT_EQ(list.at("has_more"), false);
  const Reply none = server.get("/v1/models/other");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(json::parse(none.body).at("error").at("code").as_string(), "model_not_found");
}

TEST(OpenAiChat, ModelNamesMayHoldSlashesAndEscapes) {
  TestServer server;
  server.models().announce("hf:owner/repo/a b.gguf");
  EXPECT_EQ(server.get("/v1/models/hf:owner/repo/a%20b.gguf").status, 200);
  EXPECT_EQ(server.get("/v1/models/hf%3Aowner%2Frepo/a%20b.gguf").status, 200);
}

}  // namespace
}  // namespace pincer::test
