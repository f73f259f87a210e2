#include "engine/schedule/step_cost.h"

#include <gtest/gtest.h>

#include <random>

namespace pincer {
namespace {

double truth(const StepLoad& l) {
  return 5 + (l.rows > 1 ? 0.7 : 0) + 0.2 * l.rows + 0.1 * l.sampled + 0.0004 * l.keys;
}

StepLoad decode(int n, double context = 300) { return {n, n, n * context}; }
StepLoad costed_prompt(int n, double context = 0) { return {n, 1, n * (context + 0.5 * n)}; }

TEST(StepCost, KnowsNothingAtFirst) {
  const StepCost cost;
  EXPECT_FALSE(cost.learnt());
  EXPECT_EQ(cost.ms(decode(1)), 0);
}

TEST(StepCost, FindsTheCoefficientsOfALinearMachine) {
  StepCost cost;
  std::mt19937 random(3);
  std::normal_distribution<double> noise(1, 0.05);
  for (int i = 0; i < 600; ++i) {
    const int n = 1 << (random() % 6);
    const StepLoad load =
        i % 3 == 0 ? costed_prompt(16 << (random() % 6), static_cast<double>(random() % 3000))
                   : decode(n, static_cast<double>(random() % 8000));
    cost.observe(load, truth(load) * noise(random));
  }
  for (const StepLoad& load : {decode(1), decode(4), decode(12), decode(32, 4000),
                               costed_prompt(100), costed_prompt(400, 2000)}) {
    EXPECT_NEAR(cost.ms(load), truth(load), 0.1 * truth(load)) << load.rows << " rows";
  }
}

TEST(StepCost, OneShapeIsEnoughForAPriorGuess) {
  StepCost cost;
  for (int i = 0; i < 50; ++i) cost.observe(decode(1), 10);
  EXPECT_NEAR(cost.ms(decode(1)), 10, 0.2);
  EXPECT_GT(cost.ms(decode(16)), 12);  // more rows are never free
  EXPECT_LT(cost.ms(decode(16)), 40);
}

TEST(StepCost, ALongTimeOfOneShapeDoesNotMakeItForgetTheOthers) {
  StepCost cost;
  for (int i = 0; i < 20; ++i) cost.observe(costed_prompt(256), truth(costed_prompt(256)));
  for (int i = 0; i < 5000; ++i) cost.observe(decode(1), truth(decode(1)));
  EXPECT_NEAR(cost.ms(costed_prompt(256)), truth(costed_prompt(256)),
              0.1 * truth(costed_prompt(256)));
}

TEST(StepCost, OneSlowStepCountsLittle) {
  StepCost cost;
  for (int i = 0; i < 50; ++i) cost.observe(decode(2), 8);
  cost.observe(decode(2), 5000);
  EXPECT_LT(cost.ms(decode(2)), 10);
  for (int i = 0; i < 100; ++i) cost.observe(decode(2), 16);
  EXPECT_NEAR(cost.ms(decode(2)), 16, 0.5);
}

TEST(StepCost, NonsenseIsIgnored) {
  StepCost cost;
  cost.observe(decode(1), 0);
  cost.observe(decode(1), -1);
  cost.observe({}, 5);
  EXPECT_FALSE(cost.learnt());
}

}  // namespace
}  // namespace pincer
