#include "server/route/load_controller.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

namespace pincer {
namespace {

using namespace std::chrono_literals;
using Time = LoadController::Clock::time_point;

constexpr LoadControl kOptions{.enabled = true, .target_first_token = 1000ms, .hysteresis = 0.1};

TEST(LoadController, DoesNothingUnlessAskedTo) {
  LoadController controller({});
  controller.observe(100, Time(1s));
  controller.observe(100, Time(9s));
  EXPECT_EQ(controller.spill_share(), 0);
}

TEST(LoadController, SendsAllAwayWhenNothingHelpsAndTakesAllBackWhenIdle) {
  LoadController controller(kOptions);
  for (int i = 0; i < 100; ++i) controller.observe(10, Time(i * 100ms));
  EXPECT_EQ(controller.spill_share(), 1);
  for (int i = 100; i < 400; ++i) controller.observe(0.1, Time(i * 100ms));
  EXPECT_EQ(controller.spill_share(), 0);
}

TEST(LoadController, RestsWithinTheHysteresis) {
  LoadController controller(kOptions);
  for (int i = 0; i < 20; ++i) controller.observe(2, Time(i * 100ms));
  for (int i = 20; i < 120; ++i) controller.observe(0.95, Time(i * 100ms));
  const double share = controller.spill_share();
  EXPECT_GT(share, 0);
  for (int i = 120; i < 400; ++i) controller.observe(0.95, Time(i * 100ms));
  EXPECT_EQ(controller.spill_share(), share);
}

TEST(LoadController, OneSlowPromptIsNoTrend) {
  LoadController controller(kOptions);
  for (int i = 0; i < 100; ++i) controller.observe(i == 50 ? 1.5 : 0.2, Time(i * 10ms));
  EXPECT_EQ(controller.spill_share(), 0);
}

// Clients that ask again a second after each answer; a local side with one place that takes 0.4 s a
// request, and a cloud that answers in 0.5 s. Steps of 10 ms; draws go round in a fixed order.
class Simulation {
 public:
  // A share that does not change, instead of the controller's.
  explicit Simulation(double fixed_share = -1) : fixed_(fixed_share) {}

  struct Request {
    double at = 0, first_token = 0;
    bool away = false;
  };

  void run(int clients, double seconds) {
    while (static_cast<int>(next_.size()) < clients) next_.push_back(now_);
    next_.resize(static_cast<std::size_t>(clients));
    for (const double end = now_ + seconds; now_ < end; now_ += 0.01) step();
  }

  std::vector<Request> requests;

  double away_between(double from, double to) const {
    return share([=](const Request& r) { return r.at >= from && r.at < to; },
                 [](const Request& r) { return r.away; });
  }
  double in_time_since(double from) const {
    return share([=](const Request& r) { return r.at >= from; },
                 [](const Request& r) { return r.first_token <= 1; });
  }

 private:
  double share(const auto& of, const auto& which) const {
    double all = 0, some = 0;
    for (const Request& r : requests) {
      all += of(r) ? 1 : 0;
      some += of(r) && which(r) ? 1 : 0;
    }
    return some / std::max(1.0, all);
  }

  void step() {
    for (double& next : next_) {
      if (next > now_) continue;
      const double predicted = std::max(0.0, free_at_ - now_) + kPrefill;
      controller_.observe(predicted, Time(std::chrono::microseconds(std::llround(now_ * 1e6))));
      draw_ += 0.618033988749895;
      draw_ -= draw_ >= 1 ? 1 : 0;
      const bool away = draw_ < (fixed_ >= 0 ? fixed_ : controller_.spill_share());
      if (!away) free_at_ = std::max(now_, free_at_) + kService;
      requests.push_back({.at = now_, .first_token = away ? 0.3 : predicted, .away = away});
      next = (away ? now_ + 0.5 : free_at_) + 1;
    }
  }

  static constexpr double kService = 0.4, kPrefill = 0.05;
  double fixed_;
  LoadController controller_{kOptions};
  std::vector<double> next_;
  double now_ = 0, free_at_ = 0, draw_ = 0;
};

// The smallest share sent away all the time that keeps 95 % of the first tokens in time.
double best_fixed_share() {
  for (double share = 0; share < 1; share += 0.01) {
    Simulation simulation(share);
    simulation.run(1, 20);
    simulation.run(20, 120);
    if (simulation.in_time_since(20) >= 0.95) return simulation.away_between(20, 140);
  }
  return 1;
}

TEST(LoadController, SettlesAfterAStepFromOneToTwentyClients) {
  Simulation simulation;
  simulation.run(1, 20);
  EXPECT_EQ(simulation.away_between(0, 20), 0);
  simulation.run(20, 120);
  EXPECT_GE(simulation.in_time_since(20), 0.95);
  const double away = simulation.away_between(20, 140);
  EXPECT_LE(away, 1.2 * best_fixed_share());
  const double settled = simulation.away_between(40, 140);
  for (double from = 30; from < 140; from += 10)
    EXPECT_NEAR(simulation.away_between(from, from + 10), settled, 0.1) << "from " << from;
  simulation.run(1, 60);
  EXPECT_EQ(simulation.away_between(170, 200), 0);
  std::printf("[ figures  ] in time %.3f, away %.3f, best fixed share %.3f\n",
              simulation.in_time_since(20), away, best_fixed_share());
}

}  // namespace
}  // namespace pincer
