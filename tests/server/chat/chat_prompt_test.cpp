#include "server/chat/chat_prompt.h"

#include <gtest/gtest.h>

#include <array>
#include <boost/json.hpp>
#include <ctime>

#include "pincer/engine/constraint.h"
#include "tests/engine/support/gguf_writer.h"
#include "tests/server/support/fake_backend.h"

namespace pincer {
namespace {

namespace json = boost::json;
using Calls = AnswerFormat::Calls;
using Choice = ToolChoice::Kind;

// In the manner of Qwen 3, as far as it matters here.
constexpr std::string_view kNative =
    "{% if tools %}<tools>{% for tool in tools %}{{ tool | tojson }}{% endfor %}</tools>{% endif %}"
    "{% for m in messages %}<{{ m.role }}>"
    "{% if m.reasoning_content %}<think>{{ m.reasoning_content }}</think>{% endif %}{{ m.content }}"
    "{% for call in m.tool_calls or [] %}<tool_call>{\"name\": \"{{ call.function.name }}\", "
    "\"arguments\": {{ call.function.arguments | tojson }}}</tool_call>{% endfor %}"
    "{% if m.role == 'tool' %}({{ m.name }}){% endif %}</>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% if enable_thinking is not defined or "
    "enable_thinking %}"
    "<think>\n{% endif %}{% endif %}";

// Puts arguments together as text, as DeepSeek's does.
constexpr std::string_view kStrings =
    "{% if tools %}<tool_call>{{ tools | tojson }}{% endif %}{% for m in messages %}{% for call in "
    "m.tool_calls or [] %}"
    "{{ 'CALL ' + call.function.arguments }}{% endfor %}{{ m.content }}{% endfor %}";

constexpr std::string_view kPlain =
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}";

class ChatPrompt : public ::testing::Test {
 protected:
  void use(std::string_view source) {
    const auto bytes = test::GgufWriter().set("tokenizer.chat_template", source).build();
    const auto file = gguf::File::parse(bytes, "model.gguf");
    auto chat = ChatTemplate::from_gguf(*file, tokenizer_);
    ASSERT_TRUE(chat) << chat.error().message;
    chat_.emplace(*std::move(chat));
    traits_ = template_traits(*chat_);
  }
  Result<Prompt> make(const ChatRequest& request) {
    return make_prompt(request, *chat_, traits_, tokenizer_, 4096);
  }
  std::string text(const ChatRequest& request) {
    const auto prompt = make(request);
    if (!prompt) return "error: " + prompt.error().message;
    std::string out;
    for (const TextPiece& piece : prompt->text) out += piece.text;
    return out;
  }

  test::ByteTokenizer tokenizer_;
  std::optional<ChatTemplate> chat_;
  TemplateTraits traits_;
};

ChatRequest ask() {
  ChatRequest request;
  request.messages = {{.role = "user", .content = "Hi"}};
  return request;
}

ChatRequest with_tools() {
  ChatRequest request = ask();
  request.tools = {{.name = "f", .description = "F", .parameters = R"({"type":"object"})"},
                   {.name = "g", .description = "", .parameters = ""}};
  return request;
}

ChatRequest with_history() {
  ChatRequest request = ask();
  request.messages.push_back({.role = "assistant", .tool_calls = {{"c1", "f", R"({"a":1})"}}});
  request.messages.push_back({.role = "tool", .content = "42", .tool_call_id = "c1"});
  return request;
}

TEST_F(ChatPrompt, TraitsAreFoundOut) {
  use(kNative);
  EXPECT_EQ(traits_.calls, Calls::tagged);
  EXPECT_EQ(traits_.think_begin, "<think>");
  EXPECT_TRUE(traits_.thinking_switch);
  use(kPlain);
  EXPECT_EQ(traits_.calls, Calls::none);
  EXPECT_EQ(traits_.think_begin, "");
}

TEST_F(ChatPrompt, ATemplateShowsToolsItself) {
  use(kNative);
  EXPECT_EQ(
      text(with_tools()),
      "<tools>{\"type\": \"function\", \"function\": {\"name\": \"f\", \"description\": \"F\", "
      "\"parameters\": {\"type\": \"object\"}}}"
      "{\"type\": \"function\", \"function\": {\"name\": "
      "\"g\"}}</tools><user>Hi</><assistant><think>\n");
  const auto prompt = make(with_tools());
  EXPECT_EQ(prompt->format.calls, Calls::tagged);
  EXPECT_EQ(prompt->format.tools, (std::vector<std::string>{"f", "g"}));
  EXPECT_TRUE(prompt->format.thinks_from_start);
  EXPECT_FALSE(prompt->output);
}

TEST_F(ChatPrompt, ToolsThatMayNotBeCalledAreNotShown) {
  use(kNative);
  ChatRequest request = with_tools();
  request.tool_choice.kind = Choice::none;
  EXPECT_EQ(text(request), text(ask()));
  EXPECT_EQ(make(request)->format.calls, Calls::none);
}

TEST_F(ChatPrompt, CallsAndResultsReachTheTemplate) {
  use(kNative);
  EXPECT_EQ(
      text(with_history()),
      "<user>Hi</><assistant><tool_call>{\"name\": \"f\", \"arguments\": {\"a\": 1}}</tool_call></>"
      "<tool>42(f)</><assistant><think>\n");
}

// In the manner of Mistral's.
TEST_F(ChatPrompt, IdsOfCallsAreNineCharactersWhereTheTemplateDemandsIt) {
  use("{% if tools %}[TOOL_CALLS]{{ tools | tojson }}{% endif %}"
      "{% for m in messages %}{% for call in m.tool_calls or [] %}{% if call.id|length != 9 %}"
      "{{ raise_exception('9!') }}{% endif %}{{ call.id }} {% endfor %}"
      "{% if m.role == 'tool' %}{{ m.tool_call_id }} {% endif %}{% endfor %}");
  ChatRequest request = with_history();
  const std::string ids = text(request);
  ASSERT_EQ(ids.size(), 20u) << ids;
  EXPECT_EQ(ids.substr(0, 10), ids.substr(10));
  request.messages[1].tool_calls[0].id = request.messages[2].tool_call_id = "call12345";
  EXPECT_EQ(text(request), "call12345 call12345 ");
}

TEST_F(ChatPrompt, TemplatesThatWantArgumentsAsText) {
  use(kStrings);
  EXPECT_EQ(text(with_history()), "HiCALL {\"a\":1}42");
}

TEST_F(ChatPrompt, OtherwiseTheSystemMessageTellsOfTools) {
  use(kPlain);
  ChatRequest request = with_tools();
  request.messages.insert(request.messages.begin(), {.role = "system", .content = "Be kind."});
  const std::string shown = text(request);
  EXPECT_TRUE(shown.starts_with("<system>Be kind.\n\n")) << shown;
  EXPECT_NE(shown.find("\n{\"type\": \"function\", \"function\": {\"name\": \"g\"}}\n"),
            std::string::npos)
      << shown;
  EXPECT_TRUE(shown.ends_with("</><user>Hi</><assistant>")) << shown;
  EXPECT_EQ(make(request)->format.calls, Calls::tagged);
}

TEST_F(ChatPrompt, OtherwiseCallsAndResultsAreText) {
  use(kPlain);
  ChatRequest request = with_history();
  request.messages[1].tool_calls.push_back({"c2", "g", "{}"});
  request.messages.push_back({.role = "tool", .content = "43", .tool_call_id = "c2"});
  EXPECT_EQ(text(request),
            "<user>Hi</><assistant><tool_call>\n{\"name\": \"f\", \"arguments\": "
            "{\"a\":1}}\n</tool_call>\n"
            "<tool_call>\n{\"name\": \"g\", \"arguments\": {}}\n</tool_call></>"
            "<user><tool_response>\n42\n</tool_response>\n<tool_response>\n43\n</tool_response></"
            "><assistant>");
}

TEST_F(ChatPrompt, RequiredCallsAreASchema) {
  use(kNative);
  ChatRequest request = with_tools();
  request.tool_choice.kind = Choice::required;
  const auto prompt = make(request);
  ASSERT_TRUE(prompt && prompt->output);
  EXPECT_EQ(prompt->format.calls, Calls::bare);
  EXPECT_FALSE(prompt->format.thinks_from_start);
  EXPECT_TRUE(text(request).ends_with("<think>\n\n</think>\n\n"));
  const auto schema = json::parse(prompt->output->text);
  EXPECT_EQ(schema.at("type").as_string(), "array");
  EXPECT_EQ(schema.at("minItems").as_int64(), 1);
  EXPECT_EQ(
      schema.at("items").at("anyOf").at(0),
      json::parse(
          R"({"type":"object","properties":{"name":{"const":"f"},"arguments":{"type":"object"}},
                            "required":["name","arguments"],"additionalProperties":false})"));
  request.parallel_tool_calls = false;
  EXPECT_EQ(json::parse(make(request)->output->text).at("anyOf").as_array().size(), 2u);
  EXPECT_EQ(make(request)->format.most_calls, 1);
}

TEST_F(ChatPrompt, ArgumentsAreAnObjectWhateverTheSchemaLeavesOpen) {
  use(kPlain);
  ChatRequest request = with_tools();
  request.tools = {{.name = "f", .description = "", .parameters = "{}"}};
  request.tool_choice.kind = Choice::required;
  const auto prompt = make(request);
  ASSERT_TRUE(prompt && prompt->output);
  ConstraintCompiler compiler(std::make_shared<test::ByteTokenizer>());
  const auto constraint = compiler.compile(*prompt->output);
  ASSERT_TRUE(constraint) << constraint.error().message;
  EXPECT_TRUE(may_begin(*constraint, R"([{"name":"f","arguments":{)"));
  EXPECT_FALSE(may_begin(*constraint, R"([{"name":"f","arguments":5)"));
}

TEST_F(ChatPrompt, ANamedCallTakesItsReferencesAlong) {
  use(kPlain);
  ChatRequest request = with_tools();
  request.tools[0].parameters =
      R"({"$ref":"#/$defs/p","$defs":{"p":{"properties":{"next":{"$ref":"#"},"s":{"const":{"$ref":"#"}}}}}})";
  request.tool_choice = {Choice::named, "f"};
  const auto schema = json::parse(make(request)->output->text);
  ASSERT_EQ(schema.at("anyOf").as_array().size(), 1u);
  const json::value& arguments = schema.at("anyOf").at(0).at("properties").at("arguments");
  EXPECT_EQ(arguments.at("$ref").as_string(), "#/anyOf/0/properties/arguments/$defs/p");
  const json::value& inner = arguments.at("$defs").at("p").at("properties");
  EXPECT_EQ(inner.at("next").at("$ref").as_string(), "#/anyOf/0/properties/arguments");
  EXPECT_EQ(inner.at("s").at("const").at("$ref").as_string(), "#");
}

TEST_F(ChatPrompt, AFormAndToolsAreEither) {
  use(kPlain);
  ChatRequest request = with_tools();
  request.format = OutputFormat{OutputFormat::Kind::json_schema, R"({"type":"integer"})"};
  const auto prompt = make(request);
  EXPECT_EQ(prompt->format.calls, Calls::bare);
  EXPECT_EQ(json::parse(prompt->output->text).at("anyOf").at(0),
            json::parse(R"({"type":"integer"})"));
  request.format = OutputFormat{OutputFormat::Kind::regex, "a+"};
  EXPECT_EQ(make(request).error().code, ErrorCode::unsupported);
  request.tools.clear();
  EXPECT_EQ(make(request)->output, request.format);
}

TEST_F(ChatPrompt, ContinuesTheLastMessage) {
  use(kPlain);
  ChatRequest request = ask();
  request.messages.push_back({.role = "assistant", .content = "Hel"});
  EXPECT_EQ(text(request), "<user>Hi</><assistant>Hel</><assistant>");
  request.continue_last = true;
  request.add_generation_prompt = false;
  EXPECT_EQ(text(request), "<user>Hi</><assistant>Hel");
}

TEST_F(ChatPrompt, ContinuesBehindOrInTheThinking) {
  use(kNative);
  ChatRequest request = ask();
  request.continue_last = true;
  request.messages.push_back({.role = "assistant", .content = "Hel"});
  EXPECT_EQ(text(request), "<user>Hi</><assistant><think>\n\n</think>\n\nHel");
  EXPECT_FALSE(make(request)->format.thinks_from_start);
  request.messages.back() = {.role = "assistant", .reasoning = "hm"};
  EXPECT_EQ(text(request), "<user>Hi</><assistant><think>\nhm");
  EXPECT_TRUE(make(request)->format.thinks_from_start);
  request.messages.back().content = "Hel";
  EXPECT_EQ(text(request), "<user>Hi</><assistant><think>\nhm\n</think>\n\nHel");
}

TEST_F(ChatPrompt, OptionsReachTheTemplate) {
  use(kNative);
  ChatRequest request = ask();
  request.template_options.emplace_back("enable_thinking", false);
  EXPECT_EQ(text(request), "<user>Hi</><assistant>");
  request.template_options = {{"messages", true}, {"bos_token", true}};
  EXPECT_EQ(text(request), "<user>Hi</><assistant><think>\n");
  request = ask();
  request.reasoning_effort = "none";
  EXPECT_EQ(text(request), "<user>Hi</><assistant>");
}

TEST_F(ChatPrompt, TheServerSaysWhetherItThinksWhereTheRequestDoesNot) {
  use("{% if enable_thinking %}<think>{% else %}<assistant>{% endif %}");
  EXPECT_EQ(text(ask()), "<think>");
  traits_.thinks = false;
  EXPECT_EQ(text(ask()), "<assistant>");
  ChatRequest request = ask();
  request.reasoning_effort = "low";
  EXPECT_EQ(text(request), "<think>");
  request.template_options.emplace_back("enable_thinking", false);
  EXPECT_EQ(text(request), "<assistant>");
}

TEST_F(ChatPrompt, ThinkingIsClosedWhereTheTemplateHasNoSwitchForIt) {
  use("<assistant><think>\n{# until </think> #}");
  EXPECT_EQ(text(ask()), "<assistant><think>\n");
  EXPECT_TRUE(make(ask())->format.thinks_from_start);
  traits_.thinks = false;
  EXPECT_EQ(text(ask()), "<assistant><think>\n\n</think>\n\n");
  EXPECT_FALSE(make(ask())->format.thinks_from_start);
}

TEST_F(ChatPrompt, TemplatesAreToldToday) {
  const auto today = [](const char* format) {
    const std::time_t now = std::time(nullptr);
    std::array<char, 32> out{};
    std::strftime(out.data(), out.size(), format, std::localtime(&now));
    return std::string(out.data());
  };
  const std::string before = today("%d %b %Y, %b %d %Y");
  use("{{ date_string }}, {{ datetime }}");
  const std::string told = text(ask());
  EXPECT_TRUE(told == before || told == today("%d %b %Y, %b %d %Y")) << told;
}

TEST_F(ChatPrompt, TemplatesThatNeedFunctionsAreToldThatThereAreNone) {
  use("{{ 'Functions: ' + functions }}");
  EXPECT_EQ(text(ask()), "Functions: []");
  use("{% if functions is defined %}{{ functions }}{% else %}None.{% endif %}");
  EXPECT_EQ(text(ask()), "None.");
}

TEST_F(ChatPrompt, EffortIsRefusedByModelsThatDoNotThink) {
  use(kPlain);
  ChatRequest request = ask();
  request.reasoning_effort = "high";
  EXPECT_EQ(make(request).error().code, ErrorCode::unsupported);
  request.reasoning_effort = "none";
  EXPECT_TRUE(make(request));
}

TEST_F(ChatPrompt, RawPromptsAreUntouched) {
  use(kNative);
  ChatRequest request;
  request.raw_prompt = "<user>";
  EXPECT_EQ(make(request)->text.size(), 1u);
  EXPECT_FALSE(make(request)->text[0].trusted);
  request.raw_prompt = std::vector<TokenId>{1, 2, 3};
  EXPECT_EQ(make(request)->tokens, (std::vector<TokenId>{1, 2, 3}));
  for (const TokenId bad : {-1, 258}) {
    request.raw_prompt = std::vector<TokenId>{1, bad};
    EXPECT_EQ(make(request).error().code, ErrorCode::invalid_argument);
  }
  request.raw_prompt = std::vector<TokenId>{};
  EXPECT_EQ(make(request).error().code, ErrorCode::invalid_argument);
}

TEST_F(ChatPrompt, WhatTheTemplateRefusesIsToldToTheClient) {
  use("{{ raise_exception('Roles must alternate') }}");
  EXPECT_EQ(make(ask()).error().code, ErrorCode::invalid_argument);
  EXPECT_NE(make(ask()).error().message.find("Roles must alternate"), std::string::npos);
}

}  // namespace
}  // namespace pincer
