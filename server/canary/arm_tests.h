// The three kinds of outcome that guards watch.
#pragma once

#include <array>
#include <cstddef>
#include <deque>

#include "server/canary/wager.h"

namespace pincer {

// How often something happens: errors.
class RateTest {
 public:
  RateTest();
  void observe(bool canary, double weight, bool happened);
  // That it happens more in the canary.
  double log_evidence() const { return wager_.log_evidence(); }
  double rate(bool canary) const;  // 0 before the first
  int count(bool canary) const { return arms_[canary ? 1 : 0].requests; }

 private:
  struct Arm {
    int requests = 0, events = 0;
  };
  Wager wager_;
  std::array<Arm, 2> arms_;  // the baseline, the canary
};

// A quantity, by its rank among the latest ones of both arms: times, lengths.
class RankTest {
 public:
  enum class Against { greater, different };  // in the canary
  explicit RankTest(Against against);
  void observe(bool canary, double weight, double value);
  double log_evidence() const { return wager_.log_evidence(); }
  int count(bool canary) const { return arms_[canary ? 1 : 0].count; }
  // Of the arm's latest values; 0 before the first.
  double quantile(bool canary, double share) const;
  // How probable it is that a request of the canary has the greater value, less how probable the
  // reverse is: -1 to 1, 0 if they are alike.
  double shift() const;

 private:
  struct Arm {
    int count = 0;
    double rank_sum = 0;
    std::deque<double> latest;
  };
  double rank_of(double value) const;

  Against against_;
  Wager wager_;
  std::deque<double> pooled_;
  std::array<Arm, 2> arms_;
};

// A share in [0, 1] whose mean must not be below a bound: the agreement of two answers to one
// request.
class MeanTest {
 public:
  explicit MeanTest(double least);
  void observe(double value);
  double log_evidence() const { return wager_.log_evidence(); }  // that the mean is lower
  double mean() const { return count_ == 0 ? 1 : sum_ / count_; }
  int count() const { return count_; }

 private:
  double least_;
  Wager wager_;
  double sum_ = 0;
  int count_ = 0;
};

}  // namespace pincer
