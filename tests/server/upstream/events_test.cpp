// The streams of both APIs, as their documents show them and as servers break them.
#include <gtest/gtest.h>

#include "server/upstream/anthropic_events.h"
#include "server/upstream/openai_events.h"

namespace pincer {
namespace {

using Reason = UpstreamEnd::Reason;

UpstreamNews read(EventParser& parser, const std::vector<std::string>& events, bool cut = false) {
  UpstreamNews news;
  for (const std::string& data : events) parser.push({"message", data}, news);
  if (cut) parser.finish(news);
  return news;
}

std::string text_of(const UpstreamNews& news) {
  std::string text;
  for (const AnswerPart& part : news.parts) {
    switch (part.kind) {
      case AnswerPart::Kind::text:
        text += part.text;
        break;
      case AnswerPart::Kind::reasoning:
        text += "(" + part.text + ")";
        break;
      case AnswerPart::Kind::call:
        text += "<" + part.text + "#" + part.id + ">";
        break;
      case AnswerPart::Kind::arguments:
        text += part.text;
        break;
    }
  }
  return text;
}

std::string chunk(const std::string& delta, const std::string& reason = "null") {
  return R"({"id":"1","choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason +
         "}]}";
}

TEST(OpenAiEvents, TextThenUsageBehindTheEnd) {
  OpenAiEvents parser;
  const std::string usage = R"({"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":7,)"
                            R"("prompt_tokens_details":{"cached_tokens":4}}})";
  const UpstreamNews news =
      read(parser, {chunk(R"({"role":"assistant","content":""})"), chunk(R"({"content":"1 "})"),
                    chunk(R"({"reasoning_content":"hm"})"), chunk(R"({"content":"2"})"),
                    chunk("{}", R"("length")"), usage, "[DONE]", chunk(R"({"content":"late"})")});
  EXPECT_EQ(text_of(news), "1 (hm)2");
  ASSERT_TRUE(news.end);
  EXPECT_EQ(news.end->reason, Reason::length);
  EXPECT_EQ(news.end->usage.prompt_tokens, 9);
  EXPECT_EQ(news.end->usage.cached_tokens, 4);
  EXPECT_EQ(news.end->usage.completion_tokens, 7);
  EXPECT_FALSE(news.failure);
}

TEST(OpenAiEvents, CallsByTheirIndex) {
  OpenAiEvents parser;
  const UpstreamNews news = read(
      parser,
      {chunk(R"({"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":""}}]})"),
       chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":"{\"x\""}}]})"),
       chunk(R"({"tool_calls":[{"index":0,"function":{"arguments":":1}"}}]})"),
       chunk(R"({"tool_calls":[{"index":1,"id":"b","function":{"name":"g","arguments":"{}"}}]})"),
       chunk("{}", R"("tool_calls")"), "[DONE]"});
  EXPECT_EQ(text_of(news), R"(<f#a>{"x":1}<g#b>{})");
  EXPECT_EQ(news.end->reason, Reason::tool_calls);
}

TEST(OpenAiEvents, WhatEndsWithoutItsEndHasBrokenOff) {
  for (const bool done : {false, true}) {
    OpenAiEvents parser;
    std::vector<std::string> events{chunk(R"({"content":"1"})")};
    if (done) events.push_back("[DONE]");
    const UpstreamNews news = read(parser, events, !done);
    EXPECT_EQ(text_of(news), "1");
    ASSERT_TRUE(news.failure);
    EXPECT_EQ(news.failure->kind, FailureClass::reset);
  }
}

TEST(OpenAiEvents, ErrorsInTheStreamHaveTheirClass) {
  const std::vector<std::pair<std::string, FailureClass>> cases = {
      {R"({"error":{"message":"slow down","code":429}})", FailureClass::rate},
      {R"({"error":{"message":"no","type":"insufficient_quota"}})", FailureClass::billing},
      {R"({"error":{"message":"x","code":"internal_server_error"}})", FailureClass::server},
      {R"({"error":{"message":"x","type":"invalid_request_error","code":"invalid_value"}})",
       FailureClass::refused},
      {R"({"error":"what"})", FailureClass::server},
      {"{\"choices\":[{", FailureClass::garbled},
      {"hello", FailureClass::garbled},
      {chunk("{}", R"("content_filter")"), FailureClass::content_policy},
      {chunk("{}", R"("error")"), FailureClass::server},
  };
  for (const auto& [event, kind] : cases) {
    OpenAiEvents parser;
    const UpstreamNews news = read(parser, {chunk(R"({"content":"1"})"), event}, true);
    ASSERT_TRUE(news.failure) << event;
    EXPECT_EQ(news.failure->kind, kind) << event;
    EXPECT_FALSE(news.end);
  }
}

TEST(OpenAiEvents, OddButSoundChunksArePassedOver) {
  OpenAiEvents parser;
  const UpstreamNews news =
      read(parser, {R"({"choices":[]})", R"({"choices":[{"delta":null}]})", R"({"object":"ping"})",
                    R"({"choices":[{"delta":{"tool_calls":[{}],"content":7}}]})",
                    R"({"choices":[{"text":"x","delta":{"content":"ok"}}]})"});
  EXPECT_EQ(text_of(news), "ok");
  EXPECT_FALSE(news.failure);
}

TEST(AnthropicEvents, BlocksOfText) {
  AnthropicEvents parser;
  const UpstreamNews news = read(
      parser,
      {R"({"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":3,"output_tokens":1}}})",
       R"({"type":"ping"})",
       R"({"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}})",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Hello"}})",
       R"({"type":"content_block_stop","index":1})",
       R"({"type":"message_delta","delta":{"stop_reason":"stop_sequence","stop_sequence":"END"},"usage":{"output_tokens":12}})",
       R"({"type":"message_stop"})"});
  EXPECT_EQ(text_of(news), "(hm)Hello");
  ASSERT_TRUE(news.end);
  EXPECT_EQ(news.end->reason, Reason::stop_string);
  EXPECT_EQ(news.end->stop_string, "END");
  EXPECT_EQ(news.end->usage.prompt_tokens, 8);
  EXPECT_EQ(news.end->usage.cached_tokens, 3);
  EXPECT_EQ(news.end->usage.completion_tokens, 12);
}

TEST(AnthropicEvents, CallsErrorsAndCuts) {
  AnthropicEvents calls;
  UpstreamNews news = read(
      calls,
      {R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"a\":"}})",
       R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"1}"}})",
       R"({"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":9}})",
       R"({"type":"message_stop"})"});
  EXPECT_EQ(text_of(news), R"(<f#t>{"a":1})");
  EXPECT_EQ(news.end->reason, Reason::tool_calls);

  AnthropicEvents overloaded;
  news = read(overloaded,
              {R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"});
  EXPECT_EQ(news.failure->kind, FailureClass::server);
  AnthropicEvents refusal;
  news = read(refusal, {R"({"type":"message_delta","delta":{"stop_reason":"refusal"}})"});
  EXPECT_EQ(news.failure->kind, FailureClass::content_policy);
  AnthropicEvents cut;
  news = read(cut, {R"({"type":"ping"})"}, true);
  EXPECT_EQ(news.failure->kind, FailureClass::reset);
  AnthropicEvents garbled;
  EXPECT_EQ(read(garbled, {"<html>"}).failure->kind, FailureClass::garbled);
}

}  // namespace
}  // namespace pincer
