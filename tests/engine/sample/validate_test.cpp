#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <ostream>

#include "pincer/engine/sampler.h"
#include "tests/engine/support/text_match.h"

namespace pincer {
namespace {

constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinite = std::numeric_limits<float>::infinity();

struct Case {
  const char* parameter;
  const char* value;  // as the message shows it
  std::function<void(SamplingParams&)> set;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.parameter << "=" << one.value; }

class SamplerRejects : public ::testing::TestWithParam<Case> {};

TEST_P(SamplerRejects, NamingParameterAndValue) {
  SamplingParams params;
  GetParam().set(params);
  const Result<void> result = validate(params);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::invalid_argument);
  EXPECT_EQ(result.error().message.rfind(GetParam().parameter, 0), 0u) << result.error().message;
  EXPECT_TRUE(test::contains(result.error().message, GetParam().value));
}

using P = SamplingParams;

INSTANTIATE_TEST_SUITE_P(
    OutOfRange, SamplerRejects,
    ::testing::Values(
        Case{"temperature", "-0.1", [](P& p) { p.temperature = -0.1f; }},
        Case{"temperature", "nan", [](P& p) { p.temperature = kNotANumber; }},
        Case{"temperature", "inf", [](P& p) { p.temperature = kInfinite; }},
        Case{"temperature", "1e+30", [](P& p) { p.temperature = 1e30f; }},
        Case{"top_k", "-1", [](P& p) { p.top_k = -1; }},
        Case{"top_p", "1.5", [](P& p) { p.top_p = 1.5f; }},
        Case{"top_p", "-0.5", [](P& p) { p.top_p = -0.5f; }},
        Case{"top_p", "nan", [](P& p) { p.top_p = kNotANumber; }},
        Case{"min_p", "2", [](P& p) { p.min_p = 2; }},
        Case{"min_p", "nan", [](P& p) { p.min_p = kNotANumber; }},
        Case{"typical_p", "1.25", [](P& p) { p.typical_p = 1.25f; }},
        Case{"repetition_penalty", "0", [](P& p) { p.repetition_penalty = 0; }},
        Case{"repetition_penalty", "-1", [](P& p) { p.repetition_penalty = -1; }},
        Case{"repetition_penalty", "inf", [](P& p) { p.repetition_penalty = kInfinite; }},
        Case{"presence_penalty", "2.5", [](P& p) { p.presence_penalty = 2.5f; }},
        Case{"presence_penalty", "nan", [](P& p) { p.presence_penalty = kNotANumber; }},
        Case{"frequency_penalty", "-3", [](P& p) { p.frequency_penalty = -3; }},
        Case{"penalty_window", "-2", [](P& p) { p.penalty_window = -2; }},
        Case{"logit_bias of token 7", "101", [](P& p) { p.logit_bias = {{7, 101.0f}}; }},
        Case{"logit_bias of token 7", "nan", [](P& p) { p.logit_bias = {{7, kNotANumber}}; }},
        Case{"logit_bias of token -1", "-1", [](P& p) { p.logit_bias = {{-1, 0.0f}}; }}));

TEST(SamplerAccepts, DefaultsAndBounds) {
  EXPECT_TRUE(validate({}));
  SamplingParams low;
  low.temperature = 0;
  low.top_k = 0;
  low.top_p = low.min_p = low.typical_p = 0;
  low.repetition_penalty = 0.01f;
  low.presence_penalty = low.frequency_penalty = -2;
  low.penalty_window = -1;
  low.logit_bias = {{0, -100.0f}};
  EXPECT_TRUE(validate(low));
  SamplingParams high;
  high.temperature = 100;
  high.top_k = std::numeric_limits<int>::max();
  high.top_p = high.min_p = high.typical_p = 1;
  high.presence_penalty = high.frequency_penalty = 2;
  high.penalty_window = std::numeric_limits<int>::max();
  high.logit_bias = {{std::numeric_limits<TokenId>::max(), 100.0f}};
  EXPECT_TRUE(validate(high));
}

}  // namespace
}  // namespace pincer
