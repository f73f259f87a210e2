// The end of the context: an answer ends there, or goes on without its oldest half.
#include <gtest/gtest.h>

#include "tests/engine/support/generation.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

using test::greedy;
using test::Output;
using test::prompt_of;
using test::run;

class ContextShift : public testing::Test {
 protected:
  static constexpr int kContext = 96;

  std::unique_ptr<Engine> start(EngineOptions options) {
    options.threads = 2;
    auto engine = Engine::start(model_.model, options);
    if (!engine) throw std::runtime_error(engine.error().message);
    return std::move(*engine);
  }
  // Greedy tokens, each from a fresh computation of the tokens that the context holds by the rule.
  std::vector<TokenId> expected(std::vector<TokenId> tokens, int keep, int count) {
    EngineOptions options;
    options.prefix_cache = false;
    const auto engine = start(options);
    std::vector<TokenId> out;
    while (static_cast<int>(out.size()) < count) {
      out.push_back(run(*engine, greedy(tokens, 1)).tokens.at(0));
      tokens.push_back(out.back());
      if (static_cast<int>(tokens.size()) < kContext) continue;
      const int drop = (kContext - keep) / 2;
      tokens.erase(tokens.begin() + keep, tokens.begin() + keep + drop);
    }
    return out;
  }

  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path());
};

TEST_F(ContextShift, WithoutItTheAnswerEndsAndSaysWhy) {
  EngineOptions options;
  options.context = kContext;
  const auto engine = start(options);
  const Output full = run(*engine, greedy(prompt_of(60, 1), -1));
  EXPECT_EQ(full.finish.reason, FinishReason::length);
  EXPECT_TRUE(full.finish.context_full);
  EXPECT_EQ(full.finish.generated_tokens, kContext - 60);
  EXPECT_FALSE(run(*engine, greedy(prompt_of(60, 1), 5)).finish.context_full);
}

TEST_F(ContextShift, GoesOnAsIfTheRestHadBeenThePrompt) {
  for (const int keep : {0, 10, 40}) {
    for (const bool by_request : {false, true}) {
      EngineOptions options;
      options.context = kContext;
      options.context_shift = !by_request;
      options.context_keep = by_request ? 0 : keep;
      GenerationRequest request = greedy(prompt_of(60, 1), 150);
      request.context_shift = by_request;
      request.context_keep = by_request ? keep : 0;
      const Output out = run(*start(options), std::move(request));
      EXPECT_EQ(out.tokens, expected(prompt_of(60, 1), keep, 150)) << keep;
      EXPECT_EQ(out.finish.generated_tokens, 150);
      EXPECT_EQ(out.finish.prompt_tokens, 60);
      EXPECT_FALSE(out.finish.context_full);
    }
  }
}

TEST_F(ContextShift, KeepingEverythingEndsTheAnswer) {
  EngineOptions options;
  options.context = kContext;
  options.context_shift = true;
  options.context_keep = 1000;
  const Output out = run(*start(options), greedy(prompt_of(60, 1), -1));
  EXPECT_TRUE(out.finish.context_full);
}

}  // namespace
}  // namespace pincer
