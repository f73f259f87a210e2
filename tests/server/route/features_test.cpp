#include "server/route/features.h"

#include <gtest/gtest.h>

#include "server/route/text_size.h"

namespace pincer {
namespace {

using namespace std::chrono_literals;
using Time = std::chrono::steady_clock::time_point;

ChatRequest request_of(const std::string& text) {
  ChatRequest request;
  request.messages = {{.role = "user", .content = text}};
  return request;
}

TEST(TextSize, CountsLettersAsQuartersAndWideSignsAsTokens) {
  EXPECT_EQ(text_size("abcdefgh12345").code_points, 13U);
  EXPECT_EQ(text_size("abcdefgh12345").quarter_tokens, 13U);
  EXPECT_EQ(text_size("翻译天气").code_points, 4U);
  EXPECT_EQ(text_size("翻译天气").quarter_tokens, 16U);
  EXPECT_EQ(text_size("한국").quarter_tokens, 8U);
  EXPECT_EQ(text_size("naïve größe").code_points, 11U);
  EXPECT_EQ(text_size("naïve größe").quarter_tokens, 11U);
  EXPECT_EQ(text_size("abcdefgé").code_points, 8U);  // an eight that ends inside of a sign
  EXPECT_EQ(text_size("").code_points, 0U);
}

TEST(RouteFeatures, LooksAtTheLastUserMessageAndCountsAll) {
  ChatRequest request = request_of("Hello, 世界");
  request.messages.insert(request.messages.begin(),
                          {.role = "system", .content = std::string(400, 'x')});
  request.messages.push_back({.role = "assistant", .content = std::string(40, 'y')});
  const RouteFeatures f = route_features(request, 1, Time());
  EXPECT_EQ(f.text, "Hello, 世界");
  EXPECT_EQ(f.characters, 9);
  EXPECT_EQ(f.messages, 3);
  // 400, 7 + 2 * 4 and 40 quarters, and 4 tokens of the template for each message.
  EXPECT_EQ(f.prompt_tokens, (400 + 15 + 40) / 4 + 12);
}

TEST(RouteFeatures, SeesToolsFormatsAndProbabilities) {
  ChatRequest request = request_of("Hi");
  request.tools = {{.name = "weather", .description = std::string(400, 'd')}};
  request.want_logprobs = true;
  request.max_tokens = 7;
  RouteFeatures f = route_features(request, 3, Time());
  EXPECT_TRUE(f.tools && f.logprobs && !f.forced_tools && !f.schema);
  EXPECT_GT(f.prompt_tokens, 100);
  EXPECT_EQ(f.max_tokens, 7);
  EXPECT_EQ(f.choices, 3);
  request.tool_choice.kind = ToolChoice::Kind::required;
  EXPECT_TRUE(route_features(request, 1, Time()).forced_tools);
  request.tool_choice.kind = ToolChoice::Kind::none;
  f = route_features(request, 1, Time());
  EXPECT_FALSE(f.tools);
  EXPECT_LT(f.prompt_tokens, 10);
  request.format.emplace();
  EXPECT_TRUE(route_features(request, 1, Time()).schema);
}

TEST(RouteFeatures, TakesRawPrompts) {
  ChatRequest request;
  request.raw_prompt = std::string("abcdefgh");
  EXPECT_EQ(route_features(request, 1, Time()).text, "abcdefgh");
  EXPECT_EQ(route_features(request, 1, Time()).prompt_tokens, 2);
  request.raw_prompt = std::vector<TokenId>(9);
  EXPECT_EQ(route_features(request, 1, Time()).prompt_tokens, 9);
}

TEST(RouteFeatures, TellsTheTimeThatIsLeft) {
  ChatRequest request = request_of("Hi");
  EXPECT_EQ(route_features(request, 1, Time(5s)).deadline_s, 0);
  request.finish_by = Time(8s);
  EXPECT_DOUBLE_EQ(route_features(request, 1, Time(5s)).deadline_s, 3);
  EXPECT_GT(route_features(request, 1, Time(9s)).deadline_s, 0);  // late is not without a deadline
}

}  // namespace
}  // namespace pincer
