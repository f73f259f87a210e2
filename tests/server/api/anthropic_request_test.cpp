#include "server/api/anthropic_request.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace pincer {
namespace {

std::variant<AnthropicRequest, Problem> parse(
    const std::string& more, const std::string& messages = R"([{"role":"user","content":"Hi"}])",
    AnthropicUse use = AnthropicUse::answer) {
  const std::string limit = use == AnthropicUse::answer ? R"("max_tokens":5,)" : "";
  return parse_anthropic_request(
      R"({"model":"m",)" + limit + R"("messages":)" + messages + more + "}", use, {}, 32);
}

AnthropicRequest accepted(const std::string& more,
                          const std::string& messages = R"([{"role":"user","content":"Hi"}])") {
  auto parsed = parse(more, messages);
  if (const auto* problem = std::get_if<Problem>(&parsed))
    throw std::runtime_error(problem->message);
  return std::get<AnthropicRequest>(std::move(parsed));
}

TEST(AnthropicRequest, ReadsTheFieldsOfAnAnswer) {
  const AnthropicRequest request =
      accepted(R"(,"system":[{"type":"text","text":"A","cache_control":{"type":"ephemeral"}},)"
               R"({"type":"text","text":"B"}],"temperature":0.5,"top_p":0.7,"top_k":3,)"
               R"("stop_sequences":["x","y"],"stream":true,"metadata":{"user_id":"u"})");
  EXPECT_TRUE(request.stream);
  const ChatRequest& chat = request.chat;
  EXPECT_EQ(chat.model, "m");
  EXPECT_EQ(chat.max_tokens, 5);
  ASSERT_EQ(chat.messages.size(), 2u);
  EXPECT_EQ(chat.messages[0].role, "system");
  EXPECT_EQ(chat.messages[0].content, "A\nB");
  EXPECT_EQ(chat.messages[1].content, "Hi");
  EXPECT_EQ(chat.sampling.temperature, 0.5f);
  EXPECT_EQ(chat.sampling.top_p, 0.7f);
  EXPECT_EQ(chat.sampling.top_k, 3);
  EXPECT_EQ(chat.stops, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(chat.client, "u");
  EXPECT_FALSE(chat.continue_last);
}

TEST(AnthropicRequest, ReadsATurnWithTools) {
  const AnthropicRequest request =
      accepted(R"(,"tools":[{"name":"f","description":"d","input_schema":{"type":"object"}}],)"
               R"("tool_choice":{"type":"any","disable_parallel_tool_use":true})",
               R"([{"role":"user","content":"Q"},{"role":"assistant","content":[)"
               R"({"type":"thinking","thinking":"T","signature":""},{"type":"text","text":"A"},)"
               R"({"type":"tool_use","id":"i","name":"f","input":{"x":1}},)"
               R"({"type":"tool_use","id":"j","name":"f","input":{}}]},{"role":"user","content":[)"
               R"({"type":"tool_result","tool_use_id":"i","content":[{"type":"text","text":"R"}]},)"
               R"({"type":"tool_result","tool_use_id":"j","content":"bad","is_error":true},)"
               R"({"type":"text","text":"go on"}]}])");
  const auto& messages = request.chat.messages;
  ASSERT_EQ(messages.size(), 5u);
  EXPECT_EQ(messages[1].reasoning, "T");
  EXPECT_EQ(messages[1].content, "A");
  EXPECT_EQ(messages[1].tool_calls,
            (std::vector<ToolCall>{{"i", "f", R"({"x":1})"}, {"j", "f", "{}"}}));
  EXPECT_EQ(messages[2].role, "tool");
  EXPECT_EQ(messages[2].tool_call_id, "i");
  EXPECT_EQ(messages[2].content, "R");
  EXPECT_EQ(messages[3].content, "Error: bad");
  EXPECT_EQ(messages[4].role, "user");
  EXPECT_EQ(messages[4].content, "go on");
  ASSERT_EQ(request.chat.tools.size(), 1u);
  EXPECT_EQ(request.chat.tools[0].parameters, R"({"type":"object"})");
  EXPECT_EQ(request.chat.tool_choice.kind, ToolChoice::Kind::required);
  EXPECT_FALSE(request.chat.parallel_tool_calls);
}

TEST(AnthropicRequest, NeighboursOfOneRoleAreOneMessage) {
  const auto messages = accepted("", R"([{"role":"user","content":"A"},)"
                                     R"({"role":"user","content":"B"}])")
                            .chat.messages;
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0].content, "A\nB");
}

TEST(AnthropicRequest, AnAssistantAtTheEndIsGoneOnWith) {
  EXPECT_TRUE(accepted("", R"([{"role":"user","content":"A"},{"role":"assistant","content":"B"}])")
                  .chat.continue_last);
}

TEST(AnthropicRequest, ReadsFormatsAndThinking) {
  const auto format = accepted(R"(,"output_config":{"format":{"type":"json_schema",)"
                               R"("schema":{"type":"object"}}})")
                          .chat.format;
  ASSERT_TRUE(format);
  EXPECT_EQ(*format, (OutputFormat{OutputFormat::Kind::json_schema, R"({"type":"object"})"}));
  const auto thinks = [](const std::string& more) {
    return std::get<bool>(accepted(more).chat.template_options.at(0).second.data());
  };
  EXPECT_FALSE(thinks(""));
  EXPECT_TRUE(thinks(R"(,"thinking":{"type":"enabled","budget_tokens":1024})"));
  EXPECT_FALSE(thinks(R"(,"thinking":{"type":"disabled"})"));
}

// A model that does not think is not told, and no less asked.
TEST(AnthropicRequest, EffortIsAHint) {
  const ChatRequest chat = accepted(R"(,"output_config":{"effort":"high"})").chat;
  EXPECT_EQ(chat.reasoning_effort, "");
  EXPECT_EQ(chat.template_options.back().first, "reasoning_effort");
}

// Claude Code sends this of itself.
TEST(AnthropicRequest, EarlierThinkingMayBeLeftOut) {
  for (const char* edits : {"[]", R"([{"type":"clear_thinking_20251015","keep":"all"}])"})
    accepted(fmt::format(R"(,"context_management":{{"edits":{}}})", edits));
  EXPECT_TRUE(std::holds_alternative<Problem>(
      parse(R"(,"context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]})")));
}

struct Refusal {
  const char* more;
  const char* messages;
  const char* param;
};

// What is wrong or unsupported is refused by name.
TEST(AnthropicRequest, RefusesByName) {
  constexpr const char* kHi = R"([{"role":"user","content":"Hi"}])";
  const Refusal kRefusals[] = {
      {R"(,"temperature":1.5)", kHi, "temperature"},
      {R"(,"top_k":-1)", kHi, "top_k"},
      {R"(,"stop_sequences":"x")", kHi, "stop_sequences"},
      {R"(,"mcp_servers":[])", kHi, "mcp_servers"},
      {R"(,"thinking":{"type":"enabled"})", kHi, "thinking.budget_tokens"},
      {R"(,"tools":[{"type":"web_search_20250305","name":"w"}])", kHi, "tools[0].type"},
      {R"(,"tools":[{"name":"f"}])", kHi, "tools[0].input_schema"},
      {R"(,"tools":[{"name":"a b","input_schema":{}}])", kHi, "tools[0].name"},
      {R"(,"tool_choice":{"type":"any"})", kHi, "tool_choice"},
      {R"(,"tools":[{"name":"f","input_schema":{}}],"tool_choice":{"type":"tool","name":"g"})", kHi,
       "tool_choice.name"},
      {R"(,"output_config":{"format":{"type":"xml"}})", kHi, "output_config.format.type"},
      {R"(,"service_tier":"fast")", kHi, "service_tier"},
      {R"(,"output_config":{"effort":"a lot"})", kHi, "output_config.effort"},
      {R"(,"stop":"x")", kHi, "stop"},
      {R"(,"tools":[{"name":"f","input_schema":{}},{"name":"f","input_schema":{}}])", kHi, "tools"},
      {R"(,"system":[{"type":"image"}])", kHi, "system[0].type"},
      {"", "[]", "messages"},
      {"", R"([{"role":"system","content":"A"}])", "messages[0].role"},
      {"", R"([{"role":"user","content":[{"type":"image","source":{}}]}])",
       "messages[0].content[0].type"},
      {"", R"([{"role":"user","content":[{"type":"tool_result"}]}])",
       "messages[0].content[0].tool_use_id"},
      {"",
       R"([{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{}}]}])",
       "messages"},
      {"",
       R"([{"role":"user","content":[{"type":"tool_result","tool_use_id":"i","content":"R"}]}])",
       "messages"},
      {"",
       R"([{"role":"assistant","content":[{"type":"tool_use","id":"i","name":"f","input":{}}]},)"
       R"({"role":"user","content":"and?"}])",
       "messages"},
      {"", R"([{"role":"user"}])", "messages[0].content"},
      {"", R"([{"role":"user","content":[]}])", "messages[0].content"},
      {"", R"([7])", "messages[0]"},
  };
  for (const Refusal& r : kRefusals) {
    const auto parsed = parse(r.more, r.messages);
    const auto* problem = std::get_if<Problem>(&parsed);
    ASSERT_NE(problem, nullptr) << r.more << r.messages;
    EXPECT_EQ(problem->status, 400u);
    EXPECT_EQ(problem->param, r.param) << problem->message;
    EXPECT_NE(problem->message.find(r.param), std::string::npos) << problem->message;
  }
}

TEST(AnthropicRequest, OnlyAnAnswerNeedsMaxTokens) {
  const std::string body = R"({"model":"m","messages":[{"role":"user","content":"Hi"}]})";
  const auto answer = parse_anthropic_request(body, AnthropicUse::answer, {}, 32);
  ASSERT_TRUE(std::holds_alternative<Problem>(answer));
  EXPECT_EQ(std::get<Problem>(answer).param, "max_tokens");
  const auto count = parse_anthropic_request(body, AnthropicUse::count_tokens, {}, 32);
  EXPECT_TRUE(std::holds_alternative<AnthropicRequest>(count));
}

}  // namespace
}  // namespace pincer
