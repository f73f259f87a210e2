#include "server/api/anthropic_answer.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <utility>
#include <vector>

namespace pincer {
namespace {

namespace json = boost::json;
using Kind = AnswerPart::Kind;

struct Event {
  std::string name;
  json::value data;
};

std::vector<Event> events_of(std::string_view text) {
  std::vector<Event> events;
  while (!text.empty()) {
    const std::size_t line = text.find('\n'), end = text.find("\n\n");
    EXPECT_TRUE(text.starts_with("event: ") && text.substr(line + 1).starts_with("data: "));
    events.push_back({std::string(text.substr(7, line - 7)),
                      json::parse(std::string(text.substr(line + 7, end - line - 7)))});
    EXPECT_EQ(events.back().data.at("type").as_string(), events.back().name);
    text.remove_prefix(end + 2);
  }
  return events;
}

AnswerNews news_of(std::vector<AnswerPart> parts) {
  AnswerNews news;
  news.parts = std::move(parts);
  return news;
}

AnswerEnd end_of(AnswerEnd::Reason reason) {
  AnswerEnd end;
  end.reason = reason;
  end.completion_tokens = 7;
  end.finish.prompt_tokens = 10;
  end.finish.cached_tokens = 4;
  return end;
}

TEST(AnthropicWriter, WritesTheSequenceOfEvents) {
  AnthropicWriter writer({"msg_1", "m", 10});
  std::string out;
  writer.begin(out);
  writer.news(out, news_of({{Kind::reasoning, "hm", {}}}));
  writer.news(out, news_of({{Kind::text, "a", {}}, {Kind::text, "b", {}}}));
  writer.news(out, news_of({{Kind::call, "f", "call_1"}, {Kind::arguments, R"({"x":)", {}}}));
  writer.news(out, news_of({{Kind::arguments, "1}", {}}, {Kind::call, "g", "call_2"}}));
  AnswerNews last;
  last.end = end_of(AnswerEnd::Reason::tool_calls);
  writer.news(out, last);
  writer.end(out);
  const std::pair<const char*, const char*> kExpected[] = {
      {"message_start",
       R"({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant",)"
       R"("model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{)"
       R"("input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,)"
       R"("output_tokens":0}}})"},
      {"ping", R"({"type":"ping"})"},
      {"content_block_start", R"({"type":"content_block_start","index":0,"content_block":)"
                              R"({"type":"thinking","thinking":"","signature":""}})"},
      {"content_block_delta", R"({"type":"content_block_delta","index":0,"delta":)"
                              R"({"type":"thinking_delta","thinking":"hm"}})"},
      {"content_block_stop", R"({"type":"content_block_stop","index":0})"},
      {"content_block_start",
       R"({"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}})"},
      {"content_block_delta",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"a"}})"},
      {"content_block_delta",
       R"({"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"b"}})"},
      {"content_block_stop", R"({"type":"content_block_stop","index":1})"},
      {"content_block_start", R"({"type":"content_block_start","index":2,"content_block":)"
                              R"({"type":"tool_use","id":"toolu_1","name":"f","input":{}}})"},
      {"content_block_delta", R"({"type":"content_block_delta","index":2,"delta":)"
                              R"({"type":"input_json_delta","partial_json":"{\"x\":"}})"},
      {"content_block_delta", R"({"type":"content_block_delta","index":2,"delta":)"
                              R"({"type":"input_json_delta","partial_json":"1}"}})"},
      {"content_block_stop", R"({"type":"content_block_stop","index":2})"},
      {"content_block_start", R"({"type":"content_block_start","index":3,"content_block":)"
                              R"({"type":"tool_use","id":"toolu_2","name":"g","input":{}}})"},
      {"content_block_stop", R"({"type":"content_block_stop","index":3})"},
      {"message_delta", R"({"type":"message_delta","delta":{"stop_reason":"tool_use",)"
                        R"("stop_sequence":null},"usage":{"input_tokens":6,)"
                        R"("cache_creation_input_tokens":0,"cache_read_input_tokens":4,)"
                        R"("output_tokens":7}})"},
      {"message_stop", R"({"type":"message_stop"})"},
  };
  const std::vector<Event> events = events_of(out);
  ASSERT_EQ(events.size(), std::size(kExpected));
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].name, kExpected[i].first) << i;
    EXPECT_EQ(events[i].data, json::parse(kExpected[i].second)) << i;
  }
}

TEST(AnthropicWriter, FailsWithAnErrorEvent) {
  AnthropicWriter writer({"msg_1", "m"});
  std::string out;
  writer.failed(out, Problem{.status = 503, .message = "Busy."});
  const auto events = events_of(out);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].data, json::parse(R"({"type":"error","error":{"type":"overloaded_error",)"
                                        R"("message":"Busy."}})"));
}

TEST(AnthropicMessage, HasBlocksInTheirOrder) {
  AnswerMessage answer;
  answer.reasoning = "hm";
  answer.text = "a";
  answer.calls = {{"call_1", "f", R"({"x":1})"}, {"call_2", "g", "no JSON"}};
  answer.end = end_of(AnswerEnd::Reason::stop);
  const json::value message = json::parse(anthropic_message({"msg_1", "m"}, answer));
  EXPECT_EQ(
      message.at("content"),
      json::parse(R"([{"type":"thinking","thinking":"hm","signature":""},)"
                  R"({"type":"text","text":"a"},)"
                  R"({"type":"tool_use","id":"toolu_1","name":"f","input":{"x":1}},)"
                  R"({"type":"tool_use","id":"toolu_2","name":"g","input":{"raw":"no JSON"}}])"));
  EXPECT_EQ(message.at("stop_reason").as_string(), "end_turn");
}

TEST(AnthropicMessage, SaysWhyItEnded) {
  using Reason = AnswerEnd::Reason;
  const std::pair<Reason, const char*> kReasons[] = {{Reason::stop, "end_turn"},
                                                     {Reason::stop_string, "stop_sequence"},
                                                     {Reason::tool_calls, "tool_use"},
                                                     {Reason::length, "max_tokens"}};
  for (const auto& [reason, name] : kReasons) {
    AnswerMessage answer;
    answer.end = end_of(reason);
    answer.end.stop_string = "x";
    const json::value message = json::parse(anthropic_message({"msg_1", "m"}, answer));
    EXPECT_EQ(message.at("stop_reason").as_string(), name);
    EXPECT_EQ(message.at("stop_sequence"),
              reason == Reason::stop_string ? json::value("x") : json::value());
  }
  AnswerMessage full;
  full.end = end_of(Reason::length);
  full.end.finish.context_full = true;
  EXPECT_EQ(json::parse(anthropic_message({"msg_1", "m"}, full)).at("stop_reason").as_string(),
            "model_context_window_exceeded");
}

}  // namespace
}  // namespace pincer
