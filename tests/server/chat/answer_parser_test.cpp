#include "server/chat/answer_parser.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pincer {
namespace {

using Kind = AnswerPart::Kind;
using Calls = AnswerFormat::Calls;

AnswerFormat tagged() {
  AnswerFormat format;
  format.calls = Calls::tagged;
  format.tools = {"f", "g"};
  return format;
}

AnswerFormat bare() {
  AnswerFormat format = tagged();
  format.calls = Calls::bare;
  return format;
}

AnswerFormat thinking() {
  AnswerFormat format;
  format.think_begin = "<think>";
  format.think_end = "</think>";
  return format;
}

// What a client sees: "t:text r:reasoning f(arguments)", each part that goes on joined.
std::string shown(const std::vector<AnswerPart>& parts) {
  std::string out;
  std::optional<Kind> last;
  for (const AnswerPart& part : parts) {
    const bool goes_on = last == part.kind && part.kind != Kind::call;
    switch (part.kind) {
      case Kind::text:
        out += goes_on ? part.text : "[t:" + part.text;
        break;
      case Kind::reasoning:
        out += goes_on ? part.text : "[r:" + part.text;
        break;
      case Kind::call:
        EXPECT_TRUE(part.id.starts_with("call_"));
        out += "[" + part.text + ":";
        break;
      case Kind::arguments:
        out += part.text;
        break;
    }
    EXPECT_FALSE(part.text.empty());
    last = part.kind;
  }
  return out;
}

std::string parse(const AnswerFormat& format, std::string_view text, std::size_t step) {
  AnswerParser parser(format);
  std::vector<AnswerPart> parts;
  const auto add = [&parts](std::vector<AnswerPart> more) {
    parts.insert(parts.end(), more.begin(), more.end());
  };
  for (std::size_t i = 0; i < text.size(); i += step) add(parser.push(text.substr(i, step)));
  add(parser.finish());
  return shown(parts);
}

// However the text is cut.
std::string parse(const AnswerFormat& format, std::string_view text) {
  const std::string whole = parse(format, text, text.size() + 1);
  for (const std::size_t step : {1, 2, 3, 5, 7, 11}) EXPECT_EQ(parse(format, text, step), whole);
  return whole;
}

TEST(AnswerParser, TextIsText) {
  EXPECT_EQ(parse({}, " <think>a</think> <tool_call>{}\n"), "[t: <think>a</think> <tool_call>{}\n");
  EXPECT_EQ(parse({}, ""), "");
}

TEST(AnswerParser, TextAtOnceIsNotHeldBack) {
  AnswerParser parser({});
  EXPECT_EQ(shown(parser.push(" a ")), "[t: a ");
}

TEST(AnswerParser, ThinkingComesApart) {
  EXPECT_EQ(parse(thinking(), "<think>\nhm < 3\n</think>\n\nYes. <think>"),
            "[r:hm < 3[t:Yes. <think>");
  EXPECT_EQ(parse(thinking(), "\n<think></think>Yes"), "[t:Yes");
  EXPECT_EQ(parse(thinking(), "Yes"), "[t:Yes");
  EXPECT_EQ(parse(thinking(), "<th"), "[t:<th");
  EXPECT_EQ(parse(thinking(), "<think>it never ends </thin"), "[r:it never ends </thin");
}

TEST(AnswerParser, ThinkingMayHaveBegunInThePrompt) {
  AnswerFormat format = thinking();
  format.thinks_from_start = true;
  EXPECT_EQ(parse(format, "\nhm\n</think>\nYes"), "[r:hm[t:Yes");
  EXPECT_EQ(parse(format, "hm"), "[r:hm");
}

TEST(AnswerParser, ReasoningIsKnownAsSuch) {
  AnswerFormat format = thinking();
  format.thinks_from_start = true;
  AnswerParser parser(format);
  parser.push("hm");
  EXPECT_TRUE(parser.in_reasoning());
  parser.push("</think>");
  EXPECT_FALSE(parser.in_reasoning());
}

TEST(AnswerParser, TaggedCalls) {
  EXPECT_EQ(
      parse(tagged(),
            "<tool_call>\n{\"name\": \"f\", \"arguments\": {\"a\": [1, \"}\"]}}\n</tool_call>"),
      "[f:{\"a\": [1, \"}\"]}");
  EXPECT_EQ(parse(tagged(),
                  "Let me see.\n<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>\n"
                  "<tool_call>{\"name\":\"g\",\"parameters\":{}}</tool_call>\nDone. "),
            "[t:Let me see.[f:{}[g:{}[t:Done.");
  EXPECT_EQ(parse(tagged(), "No calls < here. \n"), "[t:No calls < here. \n");
}

TEST(AnswerParser, CallsAfterThinking) {
  AnswerFormat format = tagged();
  format.think_begin = "<think>";
  format.think_end = "</think>";
  EXPECT_EQ(
      parse(format, "<think>a</think>\n<tool_call>{\"name\":\"f\",\"arguments\":{}}</tool_call>"),
      "[r:a[f:{}");
}

TEST(AnswerParser, OtherOrdersAndMembers) {
  EXPECT_EQ(parse(tagged(), "<tool_call>{\"arguments\":{\"a\":1},\"name\":\"f\"}</tool_call>"),
            "[f:{\"a\":1}");
  EXPECT_EQ(parse(bare(), "{\"type\":\"function\",\"name\":\"f\",\"parameters\":{\"a\":1}}"),
            "[f:{\"a\":1}");
}

// Mistral's models give their calls ids.
TEST(AnswerParser, MembersBehindTheArgumentsAreSkipped) {
  EXPECT_EQ(parse(tagged(),
                  "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":1},\"id\":\"a}b\"}"
                  "</tool_call>"),
            "[f:{\"a\":1}");
  EXPECT_EQ(parse(bare(), "{\"name\":\"f\",\"arguments\":{} , \"x\": {\"y\":[1]}}"), "[f:{}");
}

TEST(AnswerParser, BareCalls) {
  EXPECT_EQ(parse(bare(), "{\"name\": \"f\", \"parameters\": {\"a\": 1}}"), "[f:{\"a\": 1}");
  EXPECT_EQ(parse(bare(), "[{\"name\":\"f\",\"arguments\":{}}, {\"name\":\"g\",\"arguments\":{}}]"),
            "[f:{}[g:{}");
  EXPECT_EQ(parse(bare(), "{\"name\":\"f\",\"arguments\":{}}; {\"name\":\"g\",\"arguments\":{}}"),
            "[f:{}[g:{}");
  EXPECT_EQ(parse(bare(), "Hello {\"name\":\"f\",\"arguments\":{}}"),
            "[t:Hello {\"name\":\"f\",\"arguments\":{}}");
  EXPECT_EQ(parse(bare(), " \n"), "[t: \n");
}

TEST(AnswerParser, WhatIsNoCallIsText) {
  for (const std::string_view call :
       {"{\"name\":\"h\",\"arguments\":{}}", "{\"name\":\"f\"}", "{\"name\":\"f\",\"arguments\":1}",
        "{\"answer\":42}", "{\"name\":\"f\",\"arguments\":[]}", "{\"name\":1,\"arguments\":{}}",
        "{oops}", "{\"name\":\"f\",\"argu", "{", ""}) {
    const std::string text = fmt::format("<tool_call>{}", call);
    EXPECT_EQ(parse(tagged(), text), "[t:" + text);
    if (call.empty()) continue;
    EXPECT_EQ(parse(bare(), call), fmt::format("[t:{}", call));
  }
  EXPECT_EQ(parse(bare(), "[1, 2]"), "[t:[1, 2]");
}

TEST(AnswerParser, ArgumentsThatBreakEndTheCall) {
  EXPECT_EQ(parse(tagged(), "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":", 1), "[f:{\"a\":");
  const std::string broken =
      parse(tagged(), "<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":oops}}</tool_call>", 1);
  EXPECT_TRUE(broken.starts_with("[f:{")) << broken;
  EXPECT_NE(broken.find("[t:"), std::string::npos) << broken;
}

TEST(AnswerParser, DeepArgumentsAreNoCall) {
  const std::string deep = std::string(1000, '[') + std::string(1000, ']');
  const std::string text =
      fmt::format("<tool_call>{{\"name\":\"f\",\"arguments\":{{\"a\":{}}}}}</tool_call>", deep);
  EXPECT_NE(parse(tagged(), text, 64).find("[t:"), std::string::npos);
}

TEST(AnswerParser, AModelThatWritesABraceTooMany) {
  EXPECT_EQ(parse(tagged(), "<tool_call>{\"name\":\"f\",\"arguments\":{}}}\n</tool_call>"),
            "[f:{}");
}

TEST(AnswerParser, OneCallAtMost) {
  AnswerFormat format = tagged();
  format.most_calls = 1;
  const std::string_view text =
      "<tool_call>{\"name\":\"f\",\"arguments\":{}}</"
      "tool_call><tool_call>{\"name\":\"g\",\"arguments\":{}}";
  EXPECT_EQ(parse(format, text), "[f:{}");
  AnswerParser parser(format);
  parser.push(text);
  EXPECT_TRUE(parser.done());
  EXPECT_EQ(parser.calls(), 1);
}

TEST(AnswerParser, ArgumentsComeOutAsTheyAreWritten) {
  AnswerParser parser(tagged());
  EXPECT_EQ(shown(parser.push("<tool_call>{\"name\":\"f\",\"arguments\":{\"a\":\"on")),
            "[f:{\"a\":\"on");
  EXPECT_EQ(shown(parser.push("e\"")), "e\"");
  EXPECT_EQ(shown(parser.push("}}")), "}");
}

}  // namespace
}  // namespace pincer
