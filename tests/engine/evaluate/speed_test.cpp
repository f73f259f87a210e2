#include "pincer/engine/speed.h"

#include <gtest/gtest.h>

#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using Kind = SpeedTest::Kind;

class Speed : public ::testing::Test {
 protected:
  const Model& model() const { return *loaded_.model; }
  SpeedTest decode(int tokens, int batch, int depth) const {
    SpeedTest test;
    test.kind = Kind::decode;
    test.tokens = tokens;
    test.batch = batch;
    test.depth = depth;
    test.repetitions = 2;
    return test;
  }
  std::int64_t head_weights() const {
    return std::int64_t{model().config.width} * model().config.vocab;
  }
  // Of a token in the context.
  std::int64_t kv_token_bytes() const {
    const ModelConfig& c = model().config;
    // s8 with an FP32 scale for each head's key and for its value.
    return std::int64_t{c.layers} * c.kv_heads * 2 * (c.head_dim + 4);
  }

  test::TemporaryFolder folder_;
  LoadedModel loaded_ = test::load_tiny(folder_.path());  // a context of 256
};

TEST_F(Speed, HasASampleForEachRepetition) {
  SpeedTest test;
  test.tokens = 20;
  test.repetitions = 3;
  const auto result = measure_speed(model(), test);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->tokens_per_s.size(), 3u);
  for (const double speed : result->tokens_per_s) EXPECT_GT(speed, 0);
}

TEST_F(Speed, CountsTheHeadOfAPromptOnce) {
  SpeedTest test;
  test.tokens = 20;
  const auto result = measure_speed(model(), test);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->tokens, 20);
  EXPECT_EQ(result->macs, 20 * (model().config.matmul_weights() - head_weights()) + head_weights());
  EXPECT_EQ(result->weight_bytes, model().weight_bytes());
  EXPECT_EQ(result->kv_bytes, 20 * kv_token_bytes());
}

TEST_F(Speed, ABatchReadsTheWeightsOnceAStepAndItsContextsEach) {
  const auto result = measure_speed(model(), decode(4, 3, 10));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->tokens, 12);
  EXPECT_EQ(result->macs, 12 * model().config.matmul_weights());
  EXPECT_EQ(result->weight_bytes, 4 * model().weight_bytes());
  EXPECT_EQ(result->kv_bytes, 3 * (11 + 12 + 13 + 14) * kv_token_bytes());
}

TEST_F(Speed, ALayerWithAWindowReadsNoMoreThanThat) {
  ModelConfig& config = const_cast<ModelConfig&>(model().config);  // NOLINT(*-const-cast)
  config.sliding_window = 8;
  config.windowed = {true, false};
  const auto result = measure_speed(model(), decode(4, 1, 10));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kv_bytes, (4 * 8 + 11 + 12 + 13 + 14) * kv_token_bytes() / 2);
}

TEST_F(Speed, APromptAfterOthersReadsThemToo) {
  SpeedTest test;
  test.tokens = 20;
  test.depth = 30;
  const auto result = measure_speed(model(), test);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->kv_bytes, 50 * kv_token_bytes());
}

TEST_F(Speed, TheTraceHasTheStepsThatCount) {
  LayerTrace trace(model().config.layers);
  SpeedTest test = decode(4, 1, 10);
  test.trace = &trace;
  ASSERT_TRUE(measure_speed(model(), test));
  for (const auto& cell : trace.cells()[0]) EXPECT_TRUE(cell.count == 0 || cell.count == 2 * 4);
  EXPECT_EQ(trace.cells().back()[static_cast<std::size_t>(Phase::head)].count, 2 * 4);
}

TEST_F(Speed, ExceedsTheContextOnlyWhenTold) {
  SpeedTest test = decode(7, 2, 250);
  const auto refused = measure_speed(model(), test);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("7 tokens after 250"), std::string::npos);
  EXPECT_NE(refused.error().message.find("256"), std::string::npos);
  test.beyond_context = true;
  EXPECT_TRUE(measure_speed(model(), test));
}

TEST_F(Speed, RefusesWhatTheMemoryDoesNotHold) {
  SpeedTest test = decode(1 << 24, 512, 1 << 24);
  test.beyond_context = true;
  const auto refused = measure_speed(model(), test);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  EXPECT_NE(refused.error().message.find("512 x 33554432 tokens"), std::string::npos);
}

TEST_F(Speed, NeedsAToken) {
  EXPECT_FALSE(measure_speed(model(), decode(0, 1, 0)));
  EXPECT_FALSE(measure_speed(model(), decode(1, 1, -1)));
}

}  // namespace
}  // namespace pincer
