#include "engine/kv/block_pool.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

TEST(BlockPool, TheLowestFreeBlockIsTakenFirst) {
  BlockPool pool(6);
  for (int b = 0; b < 6; ++b) EXPECT_EQ(pool.take(), b);
  EXPECT_EQ(pool.free(), 0);
  for (const int b : {4, 1, 3}) pool.give_back(b);
  EXPECT_EQ(pool.take(), 1);
  EXPECT_EQ(pool.take(), 3);
  EXPECT_EQ(pool.free(), 1);
}

TEST(BlockPool, ABlockIsFreeWhenItsLastOwnerGoes) {
  BlockPool pool(1);
  const int b = pool.take();
  EXPECT_FALSE(pool.is_shared(b));
  pool.share(b);
  EXPECT_TRUE(pool.is_shared(b));
  pool.give_back(b);
  EXPECT_EQ(pool.free(), 0);
  pool.give_back(b);
  EXPECT_EQ(pool.free(), 1);
}

TEST(BlockPool, TheCacheKeepsABlockIdleUntilItForgetsIt) {
  BlockPool pool(2);
  const int b = pool.take();
  pool.keep(b);
  EXPECT_TRUE(pool.is_shared(b));
  EXPECT_EQ(pool.idle(), 0);
  pool.give_back(b);
  EXPECT_TRUE(pool.is_idle(b));
  EXPECT_EQ(pool.idle(), 1);
  EXPECT_EQ(pool.free(), 1);
  pool.share(b);  // a sequence finds it
  EXPECT_EQ(pool.idle(), 0);
  pool.give_back(b);
  pool.forget(b);
  EXPECT_EQ(pool.idle(), 0);
  EXPECT_EQ(pool.free(), 2);
}

TEST(BlockPool, ForgottenWhileInUseItStaysWithItsSequence) {
  BlockPool pool(1);
  const int b = pool.take();
  pool.keep(b);
  pool.forget(b);
  EXPECT_EQ(pool.free(), 0);
  pool.give_back(b);
  EXPECT_EQ(pool.free(), 1);
  EXPECT_EQ(pool.idle(), 0);
}

}  // namespace
}  // namespace pincer
