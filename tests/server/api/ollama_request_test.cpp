#include "server/api/ollama_request.h"

#include <gtest/gtest.h>

#include <string>

namespace pincer {
namespace {

OllamaRequest accepted(OllamaUse use, const std::string& more) {
  auto parsed = parse_ollama_request(R"({"model":"m")" + more + "}", use, {}, 32);
  if (const auto* problem = std::get_if<Problem>(&parsed))
    throw std::runtime_error(problem->message);
  return std::get<OllamaRequest>(std::move(parsed));
}

constexpr const char* kHi = R"(,"messages":[{"role":"user","content":"Hi"}])";

TEST(OllamaRequest, StreamsUnlessToldOtherwise) {
  EXPECT_TRUE(accepted(OllamaUse::chat, kHi).stream);
  EXPECT_FALSE(accepted(OllamaUse::chat, std::string(kHi) + R"(,"stream":false)").stream);
}

TEST(OllamaRequest, ReadsOptions) {
  const OllamaRequest request = accepted(
      OllamaUse::chat,
      std::string(kHi) +
          R"(,"options":{"temperature":0.5,"top_k":3,"top_p":0.25,"min_p":0.125,"typical_p":0.75,)"
          R"("repeat_penalty":1.5,"repeat_last_n":7,"presence_penalty":1,"frequency_penalty":-1,)"
          R"("seed":9,"stop":["x"],"num_predict":5,"num_ctx":64,"num_thread":2,"num_gpu":0})");
  const SamplingParams& sampling = request.chat.sampling;
  EXPECT_EQ(sampling.temperature, 0.5f);
  EXPECT_EQ(sampling.top_k, 3);
  EXPECT_EQ(sampling.top_p, 0.25f);
  EXPECT_EQ(sampling.min_p, 0.125f);
  EXPECT_EQ(sampling.typical_p, 0.75f);
  EXPECT_EQ(sampling.repetition_penalty, 1.5f);
  EXPECT_EQ(sampling.penalty_window, 7);
  EXPECT_EQ(sampling.presence_penalty, 1.0f);
  EXPECT_EQ(sampling.frequency_penalty, -1.0f);
  EXPECT_EQ(sampling.seed, 9u);
  EXPECT_EQ(request.chat.max_tokens, 5);
  EXPECT_EQ(request.chat.stops, std::vector<std::string>{"x"});
  EXPECT_EQ(request.num_ctx, 64);
}

TEST(OllamaRequest, OptionsThatSayNothing) {
  const auto chat =
      accepted(OllamaUse::chat, std::string(kHi) + R"(,"options":{"tfs_z":null,"num_predict":0})")
          .chat;
  EXPECT_EQ(chat.max_tokens, -1);
}

TEST(OllamaRequest, ReadsFormatsAndThinking) {
  EXPECT_EQ(accepted(OllamaUse::chat, std::string(kHi) + R"(,"format":"json")").chat.format,
            OutputFormat());
  EXPECT_EQ(
      accepted(OllamaUse::chat, std::string(kHi) + R"(,"format":{"type":"object"})").chat.format,
      (OutputFormat{OutputFormat::Kind::json_schema, R"({"type":"object"})"}));
  EXPECT_FALSE(accepted(OllamaUse::chat, std::string(kHi) + R"(,"format":"")").chat.format);
  const auto thinks = accepted(OllamaUse::chat, std::string(kHi) + R"(,"think":"high")").chat;
  EXPECT_EQ(thinks.reasoning_effort, "high");
  EXPECT_TRUE(std::get<bool>(thinks.template_options.at(0).second.data()));
}

TEST(OllamaRequest, ResultsNameTheirTool) {
  const auto messages =
      accepted(OllamaUse::chat,
               R"(,"messages":[{"role":"assistant","content":"","tool_calls":[)"
               R"({"id":"a","function":{"name":"f","arguments":{}}},)"
               R"({"id":"b","function":{"name":"g","arguments":{}}}]},)"
               R"({"role":"tool","tool_name":"g","content":"G"},{"role":"tool","content":"F"}])")
          .chat.messages;
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[1].tool_call_id, "b");
  EXPECT_EQ(messages[2].tool_call_id, "a");
}

TEST(OllamaRequest, RefusesWhatItDoesNotKnow) {
  for (const auto& [use, body] :
       {std::pair(OllamaUse::chat, std::string(kHi) + R"(,"temperature":0.5)"),
        std::pair(OllamaUse::generate, std::string(R"(,"prompt":"Hi","width":64)"))}) {
    const auto parsed = parse_ollama_request(R"({"model":"m")" + body + "}", use, {}, 32);
    EXPECT_TRUE(std::holds_alternative<Problem>(parsed)) << body;
  }
}

TEST(OllamaRequest, NumbersCallsAndGivesResultsTheirs) {
  const auto messages =
      accepted(OllamaUse::chat,
               R"(,"messages":[{"role":"user","content":"Q"},{"role":"assistant","tool_calls":[)"
               R"({"function":{"name":"f","arguments":{"x":1}}},{"function":{"name":"g"}}]},)"
               R"({"role":"tool","tool_name":"f","content":"1"},)"
               R"({"role":"tool","tool_name":"g","content":"2"}],)"
               R"("tools":[{"type":"function","function":{"name":"f","parameters":{}}}])")
          .chat.messages;
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[1].tool_calls,
            (std::vector<ToolCall>{{"call_0", "f", R"({"x":1})"}, {"call_1", "g", "{}"}}));
  EXPECT_EQ(messages[2].tool_call_id, "call_0");
  EXPECT_EQ(messages[3].tool_call_id, "call_1");
}

TEST(OllamaRequest, ReadsAPrompt) {
  const OllamaRequest request = accepted(
      OllamaUse::generate, R"(,"prompt":"P","system":"S","context":[1,2],"suffix":"","images":[])");
  ASSERT_EQ(request.chat.messages.size(), 2u);
  EXPECT_EQ(request.chat.messages[0].role, "system");
  EXPECT_EQ(request.chat.messages[1].content, "P");
  EXPECT_EQ(request.context, (std::vector<TokenId>{1, 2}));
  EXPECT_TRUE(accepted(OllamaUse::generate, R"(,"prompt":"P","raw":true)").raw);
  EXPECT_TRUE(accepted(OllamaUse::generate, "").load_only);
  EXPECT_TRUE(accepted(OllamaUse::chat, "").load_only);
}

struct OllamaRefusal {
  OllamaUse use;
  const char* more;
  const char* param;
};

TEST(OllamaRequest, RefusesByName) {
  const OllamaRefusal kRefusals[] = {
      {OllamaUse::generate, R"(,"prompt":"P","suffix":"S")", "suffix"},
      {OllamaUse::generate, R"(,"prompt":"P","template":"T")", "template"},
      {OllamaUse::generate, R"(,"prompt":"P","images":["x"])", "images"},
      {OllamaUse::generate, R"(,"prompt":"P","raw":true,"system":"S")", "raw"},
      {OllamaUse::generate, R"(,"prompt":7)", "prompt"},
      {OllamaUse::generate, R"(,"prompt":"P","context":[-1])", "context"},
      {OllamaUse::chat, R"(,"messages":[{"role":"user","content":"P","images":["x"]}])",
       "messages[0].images"},
      {OllamaUse::chat, R"(,"messages":[{"role":"robot"}])", "messages[0].role"},
      {OllamaUse::chat, R"(,"messages":[],"format":"xml")", "format"},
      {OllamaUse::chat, R"(,"messages":[],"options":{"mirostat":1})", "options.mirostat"},
      {OllamaUse::chat, R"(,"messages":[],"options":{"warmth":1})", "options.warmth"},
      {OllamaUse::chat, R"(,"messages":[],"options":{"top_p":2})", "options.top_p"},
      {OllamaUse::chat, R"(,"messages":[],"keep_alive":0)", "keep_alive"},
      {OllamaUse::chat, R"(,"messages":[],"keep_alive":"0s")", "keep_alive"},
      {OllamaUse::chat, R"(,"messages":[],"keep_alive":"soon")", "keep_alive"},
      {OllamaUse::chat, R"(,"messages":[],"tools":[{"function":{"name":"a b"}}])",
       "tools[0].function.name"},
      {OllamaUse::chat, R"(,"messages":[],"top_logprobs":2)", "top_logprobs"},
  };
  for (const OllamaRefusal& r : kRefusals) {
    const auto parsed =
        parse_ollama_request(std::string(R"({"model":"m")") + r.more + "}", r.use, {}, 32);
    const auto* problem = std::get_if<Problem>(&parsed);
    ASSERT_NE(problem, nullptr) << r.more;
    EXPECT_EQ(problem->param, r.param) << problem->message;
  }
  for (const char* fine : {"5m", "-1", "1h30m"}) {
    EXPECT_NO_THROW(
        accepted(OllamaUse::chat, std::string(kHi) + R"(,"keep_alive":")" + fine + R"(")"));
  }
}

}  // namespace
}  // namespace pincer
