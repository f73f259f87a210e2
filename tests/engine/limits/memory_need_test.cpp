#include "engine/limits/memory_need.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "engine/model/forward.h"
#include "pincer/engine/engine.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

TEST(MemoryNeed, WhatFitsIsTaken) {
  const MemoryNeed need{100, 50, 10, 1024};
  EXPECT_TRUE(check_fits("m", need, {160, "so much is there"}));
  EXPECT_FALSE(check_fits("m", need, {159, "so much is there"}));
}

TEST(MemoryNeed, ARefusalNamesEveryNumberAndTheWayOut) {
  const MemoryNeed need{7'000'000'000, 4'000'000'000, 500'000'000, 4096};
  const auto refused = check_fits("big", need, {9'500'000'000, "9.5 GB are available"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  EXPECT_EQ(refused.error().message,
            "big does not fit into memory: 7.0 GB of weights + 4.0 GB of KV cache + 500 MB of "
            "working memory = 11.5 GB, but 9.5 GB are available; a context (--context) of 2048 "
            "instead of 4096 tokens, or as much fewer sequences (--max-active), would fit");
  const auto hopeless = check_fits("big", need, {7'000'000'000, "7 GB are available"});
  EXPECT_NE(hopeless.error().message.find("smaller model"), std::string::npos);
}

std::int64_t mapped_bytes() {
  std::ifstream in("/proc/self/statm");
  std::int64_t pages = 0;
  in >> pages;
  return pages * ::sysconf(_SC_PAGESIZE);
}

// The bound has to grow with the buffers of the forward pass: it is compared with what those map.
TEST(MemoryNeed, WorkingMemoryIsAnUpperBound) {
  const test::TemporaryFolder folder;
  const LoadedModel loaded = test::load_tiny(folder.path());
  const Model& model = *loaded.model;
  constexpr int kRows = 1 << 15;
  auto cache = KvCache::create(model, KvCache::block_bytes(model));
  ASSERT_TRUE(cache);
  Arena arena(1);
  const std::int64_t before = mapped_bytes();
  const Forward forward(model, *cache, arena, kRows);
  const std::int64_t taken = mapped_bytes() - before;
  EXPECT_GT(taken, 10 << 20) << "nothing was measured";
  EXPECT_LE(taken, working_memory(model.config, kRows, 0));
  EXPECT_GE(taken, working_memory(model.config, kRows, 0) / 2) << "the bound is far off";
}

TEST(MemoryNeed, AKvCacheThatWasAskedForIsRefusedWhereItDoesNotFit) {
  const test::TemporaryFolder folder;
  test::TinyShape shape;
  shape.context = 1 << 28;
  const LoadedModel loaded = test::load_tiny(folder.path(), shape);
  EngineOptions options;
  options.threads = 1;
  options.max_active = 1024;
  options.kv_bytes = std::int64_t{1} << 50;
  const auto engine = Engine::start(loaded.model, options);
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code, ErrorCode::no_space);
  EXPECT_NE(engine.error().message.find("of KV cache"), std::string::npos);
}

}  // namespace
}  // namespace pincer
