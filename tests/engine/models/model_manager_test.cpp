#include "pincer/engine/model_manager.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include "engine/models/eviction.h"

namespace pincer {
namespace {

// Models of 100 bytes that are nothing but a count of themselves.
class Fakes {
 public:
  ModelManager::Loader loader() {
    return [this](const std::string& name, bool,
                  const ModelManager::Admit& admit) -> Result<std::unique_ptr<RunningModel>> {
      ++loads;
      if (auto admitted = admit(name == "huge" ? 1000 : 100); !admitted) return admitted.error();
      if (name == "broken") return Error{ErrorCode::corrupt, "broken is broken"};
      most_alive = std::max(most_alive.load(), ++alive);
      auto model = std::make_unique<RunningModel>();
      model->loaded.name = name;
      // Tells when the model goes.
      model->loaded.tokenizer = std::shared_ptr<const Tokenizer>(
          static_cast<const Tokenizer*>(nullptr), [this](const Tokenizer*) { --alive; });
      return model;
    };
  }
  std::atomic<int> alive = 0, most_alive = 0, loads = 0;
};

class ModelManagerTest : public testing::Test {
 protected:
  void start(std::int64_t budget, int max_waiting = 100) {
    ModelManagerOptions options;
    options.budget = budget;
    options.max_waiting = max_waiting;
    options.clock = [this] { return now_.load(); };
    manager_ = std::make_unique<ModelManager>(options, fakes_.loader());
  }
  ModelManager::Lease take(const std::string& name) {
    auto lease = manager_->acquire(name);
    if (!lease) throw std::runtime_error(lease.error().message);
    return std::move(*lease);
  }
  // A request whose answer comes later.
  std::future<Result<ModelManager::Lease>> ask(const std::string& name) {
    auto promise = std::make_shared<std::promise<Result<ModelManager::Lease>>>();
    auto future = promise->get_future();
    manager_->acquire(name, [promise](Result<ModelManager::Lease> lease) {
      promise->set_value(std::move(lease));
    });
    return future;
  }
  static bool pending(std::future<Result<ModelManager::Lease>>& future) {
    return future.wait_for(std::chrono::seconds(0)) != std::future_status::ready;
  }
  // Until the manager's thread has decided that `name` has to go.
  void wait_leaving(const std::string& name) const {
    const auto leaving = [&] {
      const auto models = manager_->list();
      const auto found = std::ranges::find(models, name, &ManagedModel::name);
      return found != models.end() && found->leaving;
    };
    while (!leaving()) std::this_thread::yield();
  }
  std::set<std::string> there() const {
    std::set<std::string> names;
    for (const ManagedModel& m : manager_->list()) {
      if (!m.loading) names.insert(m.name);
    }
    return names;
  }

  std::atomic<double> now_ = 0;
  Fakes fakes_;
  std::unique_ptr<ModelManager> manager_;
};

TEST_F(ModelManagerTest, LoadsOnceAndEvictsTheColdest) {
  start(200);
  for (const char* name : {"a", "b", "a", "a", "b"}) take(name);
  EXPECT_EQ(fakes_.loads, 2);
  take("c");
  EXPECT_EQ(there(), (std::set<std::string>{"a", "c"}));
  const ModelManagerStats stats = manager_->stats();
  EXPECT_EQ(stats.hits, 3);
  EXPECT_EQ(stats.misses, 3);
  EXPECT_EQ(stats.evictions, 1);
  EXPECT_EQ(stats.charged, 200);
  EXPECT_EQ(stats.most_charged, 200);
  EXPECT_EQ(fakes_.alive, 2);
}

TEST_F(ModelManagerTest, OneInUseIsNeverEvicted) {
  start(100);
  ModelManager::Lease a = take("a");
  auto b = ask("b");
  wait_leaving("a");
  // Requests for what has to go wait behind: else "a" could be in use for ever.
  auto again = ask("a");
  EXPECT_TRUE(pending(b));
  EXPECT_EQ(fakes_.alive, 1);
  EXPECT_EQ(a->loaded.name, "a");
  a.reset();
  auto lease = b.get();
  ASSERT_TRUE(lease);
  EXPECT_EQ((*lease)->loaded.name, "b");
  EXPECT_TRUE(pending(again));
  lease = Error{};
  EXPECT_EQ((*again.get())->loaded.name, "a");
  EXPECT_EQ(fakes_.most_alive, 1);
}

TEST_F(ModelManagerTest, AnIdleOneGoesBeforeOneInUse) {
  start(200);
  const ModelManager::Lease cold = take("cold");
  for (int i = 0; i < 5; ++i) take("hot");
  take("c");
  EXPECT_EQ(there(), (std::set<std::string>{"c", "cold"}));
}

TEST_F(ModelManagerTest, OneThatIsTooLargeIsRefusedAndHarmsNobody) {
  start(200);
  take("a");
  const auto refused = manager_->acquire("huge");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::limit);
  EXPECT_NE(refused.error().message.find("1 kB"), std::string::npos) << refused.error().message;
  EXPECT_EQ(there(), std::set<std::string>{"a"});
}

TEST_F(ModelManagerTest, AFailedLoadIsTheErrorOfAllWhoWaitAndIsTriedAgain) {
  start(100);
  ModelManager::Lease a = take("a");
  auto first = ask("broken"), second = ask("broken");
  wait_leaving("a");
  auto more = ask("a");
  a.reset();
  for (auto* future : {&first, &second}) {
    const auto failed = future->get();
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().message, "broken is broken");
  }
  EXPECT_TRUE(more.get());
  EXPECT_FALSE(manager_->acquire("broken"));
  EXPECT_EQ(manager_->stats().failed_loads, 2);
  EXPECT_LE(manager_->stats().charged, 100);
}

TEST_F(ModelManagerTest, WaitingIsBounded) {
  start(100, 2);
  ModelManager::Lease a = take("a");
  auto first = ask("b"), second = ask("b");
  auto third = ask("b");
  ASSERT_FALSE(pending(third));
  EXPECT_EQ(third.get().error().code, ErrorCode::busy);
  a.reset();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
}

TEST_F(ModelManagerTest, WhoWaitsAtTheEndIsTold) {
  start(100);
  const ModelManager::Lease a = take("a");
  auto waiting = ask("b");
  manager_.reset();
  const auto told = waiting.get();
  ASSERT_FALSE(told);
  EXPECT_EQ(told.error().code, ErrorCode::cancelled);
  EXPECT_EQ(a->loaded.name, "a") << "a lease outlives the manager";
}

TEST_F(ModelManagerTest, APeekIsNoRequest) {
  start(200);
  EXPECT_EQ(manager_->peek("a"), nullptr);
  take("a");
  EXPECT_NE(manager_->peek("a"), nullptr);
  EXPECT_EQ(manager_->stats().hits + manager_->stats().misses, 1);
}

class ModelManagerConcurrency : public ModelManagerTest {};

TEST_F(ModelManagerConcurrency, ManyClientsNeverExceedTheBudget) {
  start(300);
  std::atomic<int> wrong = 0;
  std::vector<std::thread> clients;
  for (unsigned c = 0; c < 6; ++c) {
    clients.emplace_back([&, c] {
      std::mt19937 random(c);
      std::discrete_distribution<int> pick({50, 25, 12, 8, 5});
      for (int i = 0; i < 60; ++i) {
        const std::string name(1, static_cast<char>('a' + pick(random)));
        now_ = now_ + 0.01;
        const ModelManager::Lease lease = take(name);
        if (lease->loaded.name != name) ++wrong;
      }
    });
  }
  for (auto& t : clients) t.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_LE(fakes_.most_alive, 3);
  const ModelManagerStats stats = manager_->stats();
  EXPECT_LE(stats.most_charged, 300);
  EXPECT_EQ(stats.hits + stats.misses, 360);
  manager_.reset();
  EXPECT_EQ(fakes_.alive, 0);
}

// Else who looks and then waits would wait for itself.
TEST_F(ModelManagerTest, WhatHasToLeaveIsNotHeldByALook) {
  start(100);
  auto held = take("a");
  auto other = ask("b");
  wait_leaving("a");
  const auto looked = manager_->peek("a");
  EXPECT_EQ(looked, nullptr);
  auto again = ask("a");
  held.reset();
  ASSERT_TRUE(other.get());
  EXPECT_TRUE(again.get());
}

}  // namespace
}  // namespace pincer
