#include "server/cli/model_bench.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

std::vector<std::string> names(const ModelBenchFlags& flags) {
  std::vector<std::string> out;
  for (const NamedTest& test : model_tests(flags)) out.push_back(test.name);
  return out;
}

using Names = std::vector<std::string>;

TEST(ModelTests, AreNamedAsInTheirFlags) {
  ModelBenchFlags flags;
  flags.prompts = {512, 2048};
  flags.batches = {1, 8, 16};
  EXPECT_EQ(names(flags), (Names{"pp512", "pp2048", "tg128", "batch8", "batch16"}));
}

TEST(ModelTests, ZeroIsNone) {
  ModelBenchFlags flags;
  flags.prompts = {0};
  EXPECT_EQ(names(flags), Names{"tg128"});
  flags.generations = {0};
  EXPECT_EQ(names(flags), Names{});
}

TEST(ModelTests, DepthIsOfPromptsAndGenerations) {
  ModelBenchFlags flags;
  flags.batches = {4};
  flags.depth = 1000;
  EXPECT_EQ(names(flags), (Names{"pp512@d1000", "tg128@d1000", "batch4"}));
  const std::vector<NamedTest> tests = model_tests(flags);
  EXPECT_EQ(tests[0].test.depth, 1000);
  EXPECT_EQ(tests[1].test.depth, 1000);
  EXPECT_EQ(tests[2].test.depth, 128);
}

// As llama-batched-bench does it: a prompt of 128 tokens each, then 64 tokens each.
TEST(ModelTests, ABatchDecodesAfterPrompts) {
  ModelBenchFlags flags;
  flags.batches = {16};
  flags.generations = {0};
  flags.prompts = {0};
  const std::vector<NamedTest> tests = model_tests(flags);
  ASSERT_EQ(tests.size(), 1u);
  EXPECT_EQ(tests[0].test.kind, SpeedTest::Kind::decode);
  EXPECT_EQ(tests[0].test.batch, 16);
  EXPECT_EQ(tests[0].test.tokens, 64);
}

}  // namespace
}  // namespace pincer
