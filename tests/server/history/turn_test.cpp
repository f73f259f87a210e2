#include "server/history/turn.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

StoredResponse response() {
  StoredResponse response;
  response.id = "resp_1";
  response.owner = "a secret key";
  response.body = R"({"id":"resp_1"})";
  response.input_items = "[]";
  response.history = {{.role = "user", .content = "What time is it? \xf0\x9f\x95\x90 \xff"},
                      {.role = "assistant",
                       .reasoning = "I need a clock",
                       .tool_calls = {{.id = "call_1", .name = "clock", .arguments = "{}"}}},
                      {.role = "tool", .content = "noon", .tool_call_id = "call_1"},
                      {.role = "assistant", .content = "Noon."}};
  return response;
}

TEST(Turn, ResponsesComeBackAsTheyWere) {
  const HistoryTurn turn = turn_of(response(), 42);
  const auto back = response_of(turn, "a secret key");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->id, "resp_1");
  EXPECT_EQ(back->owner, "a secret key");
  EXPECT_EQ(back->body, response().body);
  EXPECT_EQ(back->input_items, "[]");
  ASSERT_EQ(back->history.size(), 4u);
  EXPECT_EQ(back->history[0].content, response().history[0].content);
  EXPECT_EQ(back->history[1].reasoning, "I need a clock");
  EXPECT_EQ(back->history[1].tool_calls, response().history[1].tool_calls);
  EXPECT_EQ(back->history[2].tool_call_id, "call_1");
  EXPECT_EQ(back->history[3].role, "assistant");
  EXPECT_EQ(turn_of(*back, 42), turn);
}

TEST(Turn, TextComesBackAsItWas) {
  const HistoryTurn turn = turn_of(response(), 42);
  const auto back = parse_turn(turn_text(turn));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, turn);
}

TEST(Turn, OwnersAreNotWrittenDown) {
  EXPECT_EQ(turn_text(turn_of(response(), 42)).find("secret"), std::string::npos);
  EXPECT_EQ(owner_digest("a"), owner_digest("a"));
  EXPECT_NE(owner_digest("a"), owner_digest(""));
}

TEST(Turn, OtherTextsAreRefused) {
  for (const char* text :
       {"", "{", "[]", "{}", R"({"version":2,"id":"x"})", R"({"version":1,"id":5})",
        R"({"version":1,"id":"x","body":"","owner":"","created_ms":"now"})"}) {
    const auto parsed = parse_turn(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, ErrorCode::corrupt);
  }
  for (const char* history : {"", "{}", "[1]", R"([{"role":1}])", R"([{"tool_calls":{}}])"})
    EXPECT_FALSE(response_of(HistoryTurn{.id = "x", .history = history}, "")) << history;
}

TEST(Turn, IdsHoldNothingThatMeansSomethingElsewhere) {
  EXPECT_TRUE(is_turn_id("resp_0123456789abcdef-XYZ"));
  for (const std::string id : {"", "../x", "a/b", "a.b", "a b", "a%2e", "\xc3\xa4"})
    EXPECT_FALSE(is_turn_id(id)) << id;
  EXPECT_FALSE(is_turn_id(std::string(129, 'a')));
}

}  // namespace
}  // namespace pincer
