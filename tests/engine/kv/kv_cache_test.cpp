#include "engine/kv/kv_cache.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <set>

#include "pincer/kernels/attention_s8.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

class KvCacheTest : public testing::Test {
 protected:
  KvCache cache(int blocks) {
    return *KvCache::create(*model_.model, blocks * KvCache::block_bytes(*model_.model));
  }
  const ModelConfig& config() const { return model_.model->config; }

  test::TemporaryFolder folder_;
  LoadedModel model_ = test::load_tiny(folder_.path());
};

TEST_F(KvCacheTest, HeadsDoNotOverlapAndAreAligned) {
  const KvCache kv = cache(5);
  std::set<std::uint8_t*> heads;
  for (int b = 0; b < 5; ++b) {
    for (int l = 0; l < config().layers; ++l) {
      for (int h = 0; h < config().kv_heads; ++h) heads.insert(kv.head(b, l, h));
    }
  }
  EXPECT_EQ(heads.size(), static_cast<std::size_t>(5 * config().layers * config().kv_heads));
  const std::int64_t bytes = kernels::kv_block_bytes(config().head_dim);
  const std::uint8_t* end = nullptr;
  for (std::uint8_t* head : heads) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(head) % 64, 0u);
    EXPECT_GE(head, end);
    end = head + bytes;
    std::memset(head, 1, static_cast<std::size_t>(bytes));  // a fault if it is beyond the mapping
  }
}

TEST_F(KvCacheTest, BlocksOfAHeadAreNeighbours) {
  const KvCache kv = cache(7);
  for (int b = 1; b < 7; ++b) {
    EXPECT_EQ(kv.head(b, 1, 1) - kv.head(b - 1, 1, 1), kernels::kv_block_bytes(config().head_dim));
  }
}

TEST_F(KvCacheTest, TheLowestFreeBlockIsTakenFirst) {
  KvCache kv = cache(6);
  for (int b = 0; b < 6; ++b) EXPECT_EQ(kv.take(), b);
  EXPECT_EQ(kv.available(), 0);
  for (const int b : {4, 1, 3}) kv.give_back(b);
  EXPECT_EQ(kv.take(), 1);
  EXPECT_EQ(kv.take(), 3);
  EXPECT_EQ(kv.available(), 1);
}

// A cache of very many blocks, few of which are written: only their pages are there.
TEST_F(KvCacheTest, BlocksThatAreNotUsedTakeNoMemory) {
  constexpr int kBlocks = 20000, kUsed = 40;
  KvCache kv = cache(kBlocks);
  const std::int64_t bytes = kernels::kv_block_bytes(config().head_dim);
  std::int64_t resident = 0;
  const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  for (int i = 0; i < kUsed; ++i) {
    const int block = kv.take();
    for (int l = 0; l < config().layers; ++l) {
      for (int h = 0; h < config().kv_heads; ++h)
        std::memset(kv.head(block, l, h), 1, static_cast<std::size_t>(bytes));
    }
  }
  const std::int64_t all = kBlocks * KvCache::block_bytes(*model_.model);
  std::vector<unsigned char> pages(static_cast<std::size_t>((all + page - 1) / page));
  ASSERT_EQ(::mincore(kv.head(0, 0, 0), static_cast<std::size_t>(all), pages.data()), 0);
  for (const unsigned char p : pages) resident += (p & 1) * page;
  const std::int64_t used = kUsed * KvCache::block_bytes(*model_.model);
  // Each layer and head ends within a page, and begins within one.
  const std::int64_t edges = 2 * page * config().layers * config().kv_heads;
  EXPECT_GE(resident, used);
  EXPECT_LE(resident, used + edges);
}

}  // namespace
}  // namespace pincer
