#include "pincer/engine/choice_score.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/engine/support/forward_harness.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

class ChoiceScoreTest : public testing::Test {
 protected:
  ChoiceScoreTest() : model_(test::load_tiny(folder_.path(), {}, true).model) {}

  // The sum of -log p of the answer's tokens, by the definition.
  double expected(const std::vector<TokenId>& text, int begin) const {
    const test::Logits logits = test::run_whole(*model_, text);
    double nll = 0;
    for (std::size_t t = static_cast<std::size_t>(begin); t < text.size(); ++t) {
      const auto& row = logits[t - 1];
      double total = 0;
      for (const float x : row) total += std::exp(static_cast<double>(x));
      nll += std::log(total) - row[static_cast<std::size_t>(text[t])];
    }
    return nll;
  }

  // Answers of one to three tokens.
  static ChoiceQuestion question(int i) {
    ChoiceQuestion q;
    for (int choice = 0; choice < 3; ++choice) {
      std::vector<TokenId> text = {i, 3 + i, 40};
      q.answer_begins.push_back(3);
      for (int t = 0; t <= choice; ++t) text.push_back((i * 31 + choice * 57 + t * 11) % 250);
      q.texts.push_back(std::move(text));
    }
    return q;
  }

  Result<ChoiceScore> score(const std::vector<ChoiceQuestion>& questions) const {
    return score_choices(*model_, questions, {.threads = 1, .kv = {}, .progress = {}});
  }

  test::TemporaryFolder folder_;
  std::shared_ptr<const Model> model_;
};

TEST_F(ChoiceScoreTest, ChoosesTheLikeliestAnswer) {
  std::vector<ChoiceQuestion> questions;
  std::vector<int> best;
  for (int i = 0; i < 12; ++i) {
    questions.push_back(question(i));
    std::vector<double> nll;
    for (const auto& text : questions.back().texts) nll.push_back(expected(text, 3));
    best.push_back(static_cast<int>(std::ranges::min_element(nll) - nll.begin()));
    questions.back().right = i % 2 == 0 ? best.back() : (best.back() + 1) % 3;
  }
  const auto result = score(questions);
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->chosen, best);
  EXPECT_EQ(result->right, 6);
  EXPECT_EQ(same_choices(*result, *result), 12);
}

TEST_F(ChoiceScoreTest, ReadsOnlyTheAnswersTokens) {
  // The question's own tokens, which differ, would decide otherwise.
  ChoiceQuestion q;
  const std::vector<TokenId> unlikely = {1, 2, 3, 4, 5, 6, 7, 8, 9, 200}, likely = {1, 201};
  q.texts = {unlikely, likely};
  q.answer_begins = {9, 1};
  const auto result = score({q});
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->chosen[0], expected(unlikely, 9) < expected(likely, 1) ? 0 : 1);
}

TEST_F(ChoiceScoreTest, SaysWhichQuestionIsWrong) {
  EXPECT_FALSE(score({}));
  const auto refused = [&](auto change) {
    ChoiceQuestion bad = question(1);
    change(bad);
    const auto result = score({question(0), bad});
    EXPECT_FALSE(result);
    EXPECT_NE(result.error().message.find("question 2"), std::string::npos);
  };
  refused([](ChoiceQuestion& q) { q.texts.resize(1); });
  refused([](ChoiceQuestion& q) { q.right = 3; });
  refused([](ChoiceQuestion& q) { q.answer_begins[2] = 0; });
  refused([](ChoiceQuestion& q) { q.answer_begins[0] = 4; });
  refused([&](ChoiceQuestion& q) {
    q.texts[1].resize(static_cast<std::size_t>(model_->config.context) + 1);
  });
}

}  // namespace
}  // namespace pincer
