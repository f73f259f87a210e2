#include "server/cli/score_csv.h"

#include <gtest/gtest.h>

#include "server/cli/csv.h"
#include "server/route/prompt_score.h"

namespace pincer {
namespace {

TEST(ScoreCsv, KeepsTheRowsAndAddsTheScore) {
  const auto scored = score_csv("id,prompt,x\n1,\"Hi, you\",a\n2,Prove it,b\n", false);
  ASSERT_TRUE(scored);
  const auto rows = parse_csv(*scored);
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at(0), (CsvRow{"id", "prompt", "x", "score"}));
  EXPECT_EQ(rows->at(1).at(1), "Hi, you");
  EXPECT_EQ(std::stod(rows->at(1).at(3)), prompt_score("Hi, you"));
  EXPECT_EQ(std::stod(rows->at(2).at(3)), prompt_score("Prove it"));
}

TEST(ScoreCsv, AddsTheFeaturesWhenAsked) {
  const auto rows = parse_csv(*score_csv("prompt\nHi\n", true));
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->at(1).size(), 2 + kPromptFeatures.size());
  EXPECT_EQ(rows->at(0).at(2), "length");
}

TEST(ScoreCsv, SaysWhatIsMissing) {
  EXPECT_EQ(score_csv("a\n1\n", false).error().message, "the first line names no column 'prompt'");
  EXPECT_EQ(score_csv("", false).error().message, "there is nothing in it");
  EXPECT_EQ(score_csv("prompt,score\na,1\n", false).error().message,
            "there is a column 'score' already");
}

}  // namespace
}  // namespace pincer
