#include "server/chat/resume.h"

#include <gtest/gtest.h>

#include "pincer/engine/constraint.h"
#include "server/chat/answer_reader.h"
#include "server/chat/forced_calls.h"
#include "tests/server/support/fake_backend.h"

namespace pincer {
namespace {

using Calls = AnswerFormat::Calls;
using Kind = AnswerPart::Kind;
using test::ByteTokenizer;

Message half_a_call() {
  return {.role = "assistant", .tool_calls = {{.name = "weather", .arguments = R"({"city":"Pa)"}}};
}

ChatRequest with_tool(bool parallel) {
  ChatRequest request;
  request.tools.push_back(
      {.name = "weather",
       .parameters =
           R"({"type":"object","properties":{"city":{"type":"string"}},"required":["city"]})"});
  request.tool_choice.kind = ToolChoice::Kind::required;
  request.parallel_tool_calls = parallel;
  return request;
}

TEST(Resume, CallsAreWrittenAsTheModelWouldWriteThem) {
  const Message half = half_a_call();
  const std::string call = R"({"name":"weather","arguments":{"city":"Pa)";
  EXPECT_EQ(written_text(half, Calls::bare, false), call);
  EXPECT_EQ(written_text(half, Calls::bare, true), "[" + call);
  EXPECT_EQ(written_text(half, Calls::tagged, false), "<tool_call>\n" + call);
  Message two = half;
  two.tool_calls.insert(two.tool_calls.begin(), {.name = "weather", .arguments = "{}"});
  EXPECT_EQ(written_text(two, Calls::bare, true), R"([{"name":"weather","arguments":{}},)" + call);
}

// The form that calls are held to goes on from what was written, and ends as it demands.
TEST(Resume, TheFormOfForcedCallsGoesOnWithin) {
  ConstraintCompiler compiler(std::make_shared<ByteTokenizer>());
  for (const bool parallel : {false, true}) {
    const ChatRequest request = with_tool(parallel);
    const auto constraint = compiler.compile(*forced_calls(request));
    ASSERT_TRUE(constraint);
    const std::string written = written_text(half_a_call(), Calls::bare, parallel);
    EXPECT_TRUE(may_begin(*constraint, written));
    EXPECT_TRUE(may_begin(*constraint, written + (parallel ? "\"}}]" : "\"}}")));
    EXPECT_FALSE(may_begin(*constraint, written + "\"]"));
  }
}

std::string read_on(const AnswerFormat& format, const std::string& text, Kind kind) {
  const ByteTokenizer tokenizer;
  AnswerReader reader(tokenizer, {}, format);
  TokenStream::News news;
  for (const char c : text) news.tokens.push_back({static_cast<unsigned char>(c), {}});
  news.finish.emplace();
  std::string out;
  for (const AnswerPart& part : reader.read(news).parts) {
    EXPECT_EQ(part.kind, kind) << part.text;
    out += part.text;
  }
  return out;
}

TEST(Resume, OnlyNewArgumentsOfAnOpenCallAreRead) {
  AnswerFormat format{.calls = Calls::bare, .tools = {"weather"}};
  format.written = written_text(half_a_call(), Calls::bare, false);
  EXPECT_EQ(read_on(format, R"(ris"}})", Kind::arguments), R"(ris"})");
  format.calls = Calls::tagged;
  format.written = written_text(half_a_call(), Calls::tagged, false);
  EXPECT_EQ(read_on(format, "ris\"}}\n</tool_call>", Kind::arguments), R"(ris"})");
}

TEST(Resume, WhatLookedLikeAMarkIsNotShownTwice) {
  AnswerFormat format{.calls = Calls::tagged, .tools = {"weather"}};
  format.written = "1 <";
  EXPECT_EQ(read_on(format, " 2", Kind::text), " 2");
}

TEST(Resume, TheLastTokenIsChosenAnewAndNotShownTwice) {
  const ByteTokenizer tokenizer;
  Prompt prompt;
  prompt.format.written = "as if.";
  prompt.tokens = tokenizer.Tokenizer::encode("as if.");
  heal_last_token(tokenizer, prompt);
  EXPECT_EQ(tokenizer.decode(prompt.tokens), "as if");
  ASSERT_TRUE(prompt.output);
  ConstraintCompiler compiler(std::make_shared<ByteTokenizer>());
  const auto constraint = compiler.compile(*prompt.output);
  ASSERT_TRUE(constraint) << constraint.error().message;
  EXPECT_TRUE(may_begin(*constraint, ".\nAnd anything: \xc3\xa4"));
  EXPECT_FALSE(may_begin(*constraint, ","));
  EXPECT_EQ(read_on(prompt.format, ". And", Kind::text), " And");
}

// What the model had to repeat is no part of the answer: it is not counted, it stops nothing, and
// has no probabilities.
TEST(Resume, WhatIsRepeatedIsNotOfTheAnswer) {
  const ByteTokenizer tokenizer;
  ChatRequest request;
  request.stops = {"\n"};
  request.want_logprobs = true;
  request.max_tokens = 2;
  const AnswerFormat format{.repeated = 2};
  AnswerReader reader(tokenizer, request, format);
  TokenStream::News news;
  for (const char c : std::string("\n\nabc")) news.tokens.push_back({c, {}});
  news.finish.emplace();
  const auto piece = reader.read(news);
  ASSERT_EQ(piece.parts.size(), 1u);
  EXPECT_EQ(piece.parts[0].text, "ab");
  EXPECT_FALSE(reader.stopped());
  EXPECT_EQ(reader.tokens(), 2);
  ASSERT_EQ(piece.tokens.size(), 2u);
  EXPECT_EQ(piece.tokens[0].id, 'a');
}

TEST(Resume, AStopStringBehindWhatIsRepeatedStops) {
  const ByteTokenizer tokenizer;
  ChatRequest request;
  request.stops = {"\n"};
  AnswerReader reader(tokenizer, request, {.repeated = 1});
  TokenStream::News news;
  for (const char c : std::string("\na\nb")) news.tokens.push_back({c, {}});
  news.finish.emplace();
  EXPECT_EQ(reader.read(news).parts.at(0).text, "a");
  EXPECT_EQ(reader.stop_string(), "\n");
}

TEST(Resume, NoTokenIsTakenWhereThatWouldBeWrong) {
  const ByteTokenizer tokenizer;
  Prompt held;
  held.format.written = "{";
  held.tokens = tokenizer.Tokenizer::encode("a{");
  held.output = OutputFormat{};
  heal_last_token(tokenizer, held);
  EXPECT_EQ(held.tokens.size(), 2u) << "it is held to a format";

  Prompt half;
  half.format.written = "\xc3\xa4";  // two tokens of one character
  half.tokens = tokenizer.Tokenizer::encode("\xc3\xa4");
  heal_last_token(tokenizer, half);
  EXPECT_EQ(half.tokens.size(), 2u) << "half a character cannot be said to come";
  EXPECT_FALSE(half.output);
}

}  // namespace
}  // namespace pincer
