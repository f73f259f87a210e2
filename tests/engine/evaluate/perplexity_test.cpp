#include "pincer/engine/perplexity.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/engine/support/forward_harness.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

constexpr int kTokens = 20;

PerplexityOptions options(int window, TokenId bos) {
  PerplexityOptions options;
  options.window = window;
  options.threads = 1;
  options.bos = bos;
  return options;
}

class Perplexity : public testing::Test {
 protected:
  Perplexity() : model_(test::load_tiny(folder_.path(), {}, true).model) {
    for (int i = 0; i < kTokens; ++i) tokens_.push_back((i * 53 + 7) % 250);
  }

  // The mean over the windows' predictions, by the definition.
  double expected(int step, TokenId bos) const {
    double sum = 0;
    for (int begin = 0; begin + 1 < kTokens; begin += step) {
      const int end = std::min(begin + step, kTokens);
      std::vector<TokenId> window(tokens_.begin() + begin, tokens_.begin() + end);
      if (bos >= 0) window.insert(window.begin(), bos);
      const test::Logits logits = test::run_whole(*model_, window);
      const int first = begin - (bos >= 0 ? 1 : 0);  // the token of logits[0]
      for (int t = begin; t < end && t + 1 < kTokens; ++t) {
        const int row_of_t = t - first, next = t + 1;
        const auto& row = logits[static_cast<std::size_t>(row_of_t)];
        double total = 0;
        for (const float x : row) total += std::exp(static_cast<double>(x));
        sum += std::log(total) -
               row[static_cast<std::size_t>(tokens_[static_cast<std::size_t>(next)])];
      }
    }
    return sum / (kTokens - 1);
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<const Model> model_;
  std::vector<TokenId> tokens_;
};

TEST_F(Perplexity, IsTheMeanOverWindows) {
  for (const int window : {3, 8, 19, 20, 64}) {
    const auto result = perplexity(*model_, tokens_, options(window, -1));
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result->tokens, kTokens - 1);
    EXPECT_NEAR(result->mean_nll, expected(window, -1), 1e-6) << window;
  }
}

TEST_F(Perplexity, PutsTheBeginTokenBeforeEachWindow) {
  for (const int window : {2, 9, 21}) {
    const auto result = perplexity(*model_, tokens_, options(window, 251));
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result->tokens, kTokens - 1);
    EXPECT_NEAR(result->mean_nll, expected(window - 1, 251), 1e-6) << window;
  }
  EXPECT_FALSE(perplexity(*model_, tokens_, options(1, 251)).ok());
}

}  // namespace
}  // namespace pincer
