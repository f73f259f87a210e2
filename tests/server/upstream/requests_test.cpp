// The bodies that both APIs are asked with.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "server/upstream/anthropic_request.h"
#include "server/upstream/openai_request.h"

namespace pincer {
namespace {

namespace json = boost::json;
using Prefill = UpstreamConfig::Prefill;

ChatRequest conversation() {
  ChatRequest request;
  request.messages = {{.role = "system", .content = "Be brief."},
                      {.role = "user", .content = "Weather?"},
                      {.role = "assistant",
                       .tool_calls = {{.id = "c1", .name = "weather", .arguments = R"({"a":1})"}}},
                      {.role = "tool", .content = "sunny", .tool_call_id = "c1"}};
  request.tools.push_back(
      {.name = "weather", .description = "of a city", .parameters = R"({"type":"object"})"});
  request.max_tokens = 9;
  request.stops = {"END"};
  request.sampling.temperature = 1.5f;
  return request;
}

json::object openai(const ChatRequest& request, Prefill prefill = Prefill::none) {
  UpstreamConfig config;
  config.prefill = prefill;
  return json::parse(openai_request(request, config, "big")).as_object();
}

json::object anthropic(const ChatRequest& request) {
  return json::parse(anthropic_request(request, {}, "big")).as_object();
}

TEST(OpenAiRequest, SaysAllThatTheApiHasWordsFor) {
  ChatRequest request = conversation();
  request.format = OutputFormat{OutputFormat::Kind::json_schema, R"({"type":"integer"})"};
  request.parallel_tool_calls = false;
  const json::object body = openai(request);
  EXPECT_EQ(body.at("model"), "big");
  EXPECT_EQ(body.at("stream_options").at("include_usage"), true);
  EXPECT_EQ(body.at("max_tokens"), 9);
  EXPECT_EQ(body.at("stop"), (json::array{"END"}));
  const json::array& messages = body.at("messages").as_array();
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_TRUE(messages[2].at("content").is_null());
  EXPECT_EQ(messages[2].at("tool_calls").at(0).at("function").at("arguments"), R"({"a":1})");
  EXPECT_EQ(messages[3].at("tool_call_id"), "c1");
  EXPECT_EQ(body.at("tools").at(0).at("function").at("name"), "weather");
  EXPECT_EQ(body.at("tool_choice"), "auto");
  EXPECT_EQ(body.at("parallel_tool_calls"), false);
  EXPECT_EQ(body.at("response_format").at("json_schema").at("schema").at("type"), "integer");
  EXPECT_FALSE(body.contains("top_k"));
}

TEST(OpenAiRequest, AnOpenTurnIsMarkedAsTheServerWantsIt) {
  ChatRequest request = conversation();
  request.messages.push_back({.role = "assistant", .content = "It is"});
  request.continue_last = true;
  const json::object prefix = openai(request, Prefill::prefix);
  EXPECT_EQ(prefix.at("messages").as_array().back().at("prefix"), true);
  const json::object continued = openai(request, Prefill::continued);
  EXPECT_EQ(continued.at("continue_final_message"), true);
  EXPECT_EQ(continued.at("add_generation_prompt"), false);
  EXPECT_TRUE(continued.contains("top_k"));
}

TEST(AnthropicRequest, SystemAndResultsOfToolsHaveTheirPlaces) {
  ChatRequest request = conversation();
  request.messages.push_back({.role = "user", .content = "And?"});
  request.tool_choice = {ToolChoice::Kind::named, "weather"};
  const json::object body = anthropic(request);
  EXPECT_EQ(body.at("system"), "Be brief.");
  EXPECT_EQ(body.at("max_tokens"), 9);
  EXPECT_EQ(body.at("temperature").to_number<double>(), 1);
  EXPECT_EQ(body.at("stop_sequences"), (json::array{"END"}));
  const json::array& messages = body.at("messages").as_array();
  ASSERT_EQ(messages.size(), 3u) << "roles take turns";
  EXPECT_EQ(messages[1].at("content").at(0).at("input").at("a"), 1);
  EXPECT_EQ(messages[2].at("content").at(0).at("type"), "tool_result");
  EXPECT_EQ(messages[2].at("content").at(1).at("text"), "And?");
  EXPECT_EQ(body.at("tool_choice").at("name"), "weather");
  EXPECT_EQ(body.at("tools").at(0).at("input_schema").at("type"), "object");
}

TEST(AnthropicRequest, AnOpenTurnEndsInNoSpaceAndTokensHaveALimit) {
  ChatRequest request = conversation();
  request.max_tokens = -1;
  request.messages.push_back({.role = "assistant", .content = "It is \n"});
  request.continue_last = true;
  const json::object body = anthropic(request);
  EXPECT_EQ(body.at("messages").as_array().back().at("content").at(0).at("text"), "It is");
  EXPECT_EQ(body.at("max_tokens"), 4096);
}

}  // namespace
}  // namespace pincer
