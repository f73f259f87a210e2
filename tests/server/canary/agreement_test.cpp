#include "server/canary/agreement.h"

#include <gtest/gtest.h>

#include <cmath>

namespace pincer {
namespace {

TokenLogprob likely(TokenId token, double probability) {
  return {token, static_cast<float>(std::log(probability))};
}

GeneratedToken token_of(TokenId id, std::vector<TokenLogprob> top) {
  return {id, {.chosen = 0, .top = std::move(top)}};
}

TEST(TextAgreement, IsTheShareOfTheCommonBeginning) {
  EXPECT_EQ(text_agreement("", ""), 1);
  EXPECT_EQ(text_agreement("abcd", "abcd"), 1);
  EXPECT_EQ(text_agreement("abcd", "abxx"), 0.5);
  EXPECT_EQ(text_agreement("ab", "abcd"), 0.5);
  EXPECT_EQ(text_agreement("", "abcd"), 0);
  EXPECT_EQ(text_agreement(std::string(256, 'a') + "b", std::string(256, 'a') + "c"), 1);
}

TEST(LogitAgreement, IsOneLessTheDistanceOfTheDistributions) {
  const std::vector same = {token_of(1, {likely(1, 0.7), likely(2, 0.3)})};
  EXPECT_NEAR(logit_agreement(same, same, true), 1, 1e-6);
  const std::vector other = {token_of(1, {likely(1, 0.5), likely(3, 0.5)})};
  EXPECT_NEAR(logit_agreement(same, other, true), 0.5, 1e-6);
  const std::vector apart = {token_of(4, {likely(4, 1)})};
  EXPECT_NEAR(logit_agreement(same, apart, true), 0, 1e-6);
}

TEST(LogitAgreement, TheTailThatNobodyKnowsIsNoDisagreement) {
  const std::vector flat = {token_of(1, {likely(1, 0.2), likely(2, 0.1)})};
  EXPECT_NEAR(logit_agreement(flat, flat, true), 1, 1e-6);
}

TEST(LogitAgreement, EndsWhereTheAnswersPart) {
  const std::vector sure = {likely(1, 1.0)};
  const std::vector torn = {likely(1, 0.5), likely(2, 0.5)};
  const std::vector a = {token_of(1, sure), token_of(1, torn), token_of(1, sure)};
  const std::vector b = {token_of(1, sure), token_of(2, torn), token_of(2, {likely(2, 1.0)})};
  EXPECT_NEAR(logit_agreement(a, b, true), 1, 1e-6)
      << "drawn differently from the same distribution";
  EXPECT_EQ(logit_agreement(a, {}, true), 1);
}

TEST(LogitAgreement, AnEndWhereTheOtherGoesOnIsATokenThatDiffers) {
  const std::vector sure = {likely(1, 1.0)};
  const std::vector a = {token_of(1, sure), token_of(1, sure)};
  const std::vector b = {token_of(1, sure)};
  EXPECT_NEAR(logit_agreement(a, b, false), 0.5, 1e-6);
  EXPECT_EQ(logit_agreement(a, {}, false), 0);
  EXPECT_NEAR(logit_agreement(a, b, true), 1, 1e-6);
}

}  // namespace
}  // namespace pincer
