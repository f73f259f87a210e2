// Three models, a budget that holds two, 200 requests in a skewed order: nothing fails, the
// resident pages never exceed the budget; and what decayed use is worth beside plain LRU.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

#include "engine/models/eviction.h"
#include "pincer/engine/model.h"
#include "pincer/engine/model_manager.h"
#include "pincer/engine/pool_usage.h"
#include "pincer/engine/weight_pool.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

const std::array<std::string, 3> kNames = {"often", "sometimes", "seldom"};
constexpr int kRequests = 200;

std::vector<int> skewed_order() {
  std::mt19937 random(20261125);
  std::discrete_distribution<int> pick({60, 28, 12});
  std::vector<int> order(kRequests);
  for (int& model : order) model = pick(random);
  return order;
}

struct Outcome {
  ModelManagerStats stats;
  std::int64_t most_resident = 0;
  int failed = 0;
};

class SharedBudget : public testing::Test {
 protected:
  // One file under three names: a pool is found by its name and its source.
  void offer(const fs::path& file) {
    for (const std::string& name : kNames) fs::create_symlink(file, folder_ / (name + ".gguf"));
    for (const std::string& name : kNames) charge_ = charged(name);  // packs, too
  }

  LoadOptions load_options() const {
    LoadOptions options;
    options.pool_dir = folder_ / "pool";
    options.threads = 2;
    return options;
  }

  std::int64_t charged(const std::string& name) const {
    std::int64_t bytes = 0;
    LoadOptions options = load_options();
    options.admit = [&](std::int64_t asked) -> Result<void> {
      bytes = asked;
      return {};
    };
    EXPECT_TRUE(load_model(folder_ / (name + ".gguf"), options));
    return bytes;
  }

  Result<std::unique_ptr<RunningModel>> load(const std::string& name,
                                             const ModelManager::Admit& admit) const {
    LoadOptions options = load_options();
    options.admit = admit;
    auto loaded = load_model(folder_ / (name + ".gguf"), options);
    if (!loaded) return loaded.error();
    EngineOptions engine_options;
    engine_options.threads = 2;
    engine_options.context = 64;
    engine_options.turns = turns_;
    auto engine = Engine::start(loaded->model, engine_options);
    if (!engine) return engine.error();
    auto running = std::make_unique<RunningModel>();
    running->loaded = std::move(*loaded);
    running->engine = std::move(*engine);
    return running;
  }

  // Clients share the requests; a look at the resident pages with each.
  Outcome run(std::shared_ptr<EvictionPolicy> policy, int clients) {
    const std::vector<int> order = skewed_order();
    std::atomic<int> next = 0, failed = 0;
    std::atomic<std::int64_t> most = 0;
    ModelManagerOptions options;
    options.budget = 2 * charge_ + charge_ / 2;
    options.policy = std::move(policy);
    options.clock = [&] { return 10.0 * next; };  // a request every ten seconds
    const std::int64_t before = resident_pool_bytes();
    ModelManager manager(options, [this](const std::string& name, bool,
                                         const ModelManager::Admit& a) { return load(name, a); });
    const auto client = [&] {
      for (int i = next++; i < kRequests; i = next++) {
        const auto lease =
            manager.acquire(kNames[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
        if (!lease || !answers(*(*lease)->engine)) ++failed;
        most = std::max(most.load(), resident(before, options.budget));
      }
    };
    std::vector<std::thread> threads;
    for (int i = 0; i < clients; ++i) threads.emplace_back(client);
    for (auto& t : threads) t.join();
    EXPECT_LE(manager.stats().most_charged, options.budget);
    EXPECT_LE(most, options.budget);
    return {manager.stats(), most, failed};
  }

  // Of the pools, beside those that were there before. One reading of smaps is no moment: it can
  // have seen a model that left meanwhile, and further on the one that came for it. What is too
  // much stays too much.
  static std::int64_t resident(std::int64_t before, std::int64_t budget) {
    std::int64_t bytes = resident_pool_bytes() - before;
    for (int i = 0; i < 3 && bytes > budget; ++i)
      bytes = std::min(bytes, resident_pool_bytes() - before);
    return bytes;
  }

  static bool answers(Engine& engine) {
    GenerationRequest request;
    request.prompt = {1, 2, 3};
    request.max_tokens = 3;
    request.ignore_end = true;
    request.stream = std::make_shared<TokenStream>();
    const auto stream = request.stream;
    if (!engine.submit(std::move(request))) return false;
    for (std::size_t tokens = 0;;) {
      const TokenStream::News news = stream->wait();
      tokens += news.tokens.size();
      if (news.finish) return tokens == 3 && news.finish->reason == FinishReason::length;
    }
  }

  void compare() {
    // One client, so that the order is the same for both.
    const Outcome decayed = run(std::make_shared<DecayedUse>(600), 1);
    const Outcome lru = run(std::make_shared<LeastRecentlyUsed>(), 1);
    fmt::print(
        "| eviction | hits | misses | loads | ms a load | most resident | budget "
        "|\n|---|---|---|---|---|---|---|\n");
    for (const auto& [name, o] : {std::pair("decayed use", &decayed), std::pair("LRU", &lru)}) {
      fmt::print("| {} | {:.1f} % | {} | {} | {:.1f} | {:.1f} MB | {:.1f} MB |\n", name,
                 100.0 * static_cast<double>(o->stats.hits) / kRequests, o->stats.misses,
                 o->stats.loads, 1000 * o->stats.load_seconds / static_cast<double>(o->stats.loads),
                 static_cast<double>(o->most_resident) * 1e-6,
                 2.5e-6 * static_cast<double>(charge_));
      EXPECT_EQ(o->failed, 0);
      EXPECT_EQ(o->stats.failed_loads, 0);
      EXPECT_GT(o->stats.evictions, 0) << "the budget was no limit, so this shows nothing";
      EXPECT_GT(o->most_resident, charge_ / 2);
    }
    EXPECT_LT(decayed.stats.loads, lru.stats.loads);
  }

  test::TemporaryFolder folder_;
  std::int64_t charge_ = 0;  // of one model
  std::shared_ptr<Turns> turns_ = make_turns();
};

TEST_F(SharedBudget, OfThreeTinyModels) {
  test::TinyShape shape;
  shape.width = 256;
  shape.ff = 512;
  test::tiny_gguf(shape).write(folder_ / "tiny.gguf");
  offer(folder_ / "tiny.gguf");
  compare();
}

TEST_F(SharedBudget, FailsNobodyWhenManyAskAtOnce) {
  test::tiny_gguf({}).write(folder_ / "tiny.gguf");
  offer(folder_ / "tiny.gguf");
  const Outcome outcome = run(std::make_shared<DecayedUse>(600), 4);
  EXPECT_EQ(outcome.failed, 0);
  EXPECT_EQ(outcome.stats.hits + outcome.stats.misses, kRequests);
  EXPECT_GT(outcome.stats.evictions, 0);
}

// For other processes, which may delete what nobody has used for long.
TEST_F(SharedBudget, AModelInSteadyUseKeepsItsFileInUse) {
  test::tiny_gguf({}).write(folder_ / "tiny.gguf");
  offer(folder_ / "tiny.gguf");
  std::atomic<double> now = 0;
  ModelManagerOptions options;
  options.budget = charge_;
  options.clock = [&] { return now.load(); };
  ModelManager manager(options, [this](const std::string& name, bool,
                                       const ModelManager::Admit& a) { return load(name, a); });
  fs::path file;
  {
    const auto lease = manager.acquire(kNames[0]);
    ASSERT_TRUE(lease) << lease.error().message;
    file = (*lease)->loaded.model->pool()->path();
  }
  const timespec long_ago[2] = {{1, 0}, {0, UTIME_OMIT}};
  ASSERT_EQ(::utimensat(AT_FDCWD, file.c_str(), long_ago, 0), 0);
  while (seconds_since_use(file) > 3600) {
    ASSERT_TRUE(manager.acquire(kNames[0]));
    now = now + 0.01;
    ASSERT_LT(now, 1e4) << "the file was never told";
    std::this_thread::yield();
  }
}

TEST_F(SharedBudget, OfThreeRealModels) {
  const char* model = std::getenv("PINCER_TEST_MODEL");
  if (model == nullptr) GTEST_SKIP() << "PINCER_TEST_MODEL is not set";
  offer(model);
  compare();
}

}  // namespace
}  // namespace pincer
