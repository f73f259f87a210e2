#include "engine/schedule/client_shares.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

TEST(ClientShares, CountsWhatEachGot) {
  ClientShares shares;
  shares.arrived(1);
  shares.arrived(2);
  shares.served(1, 10);
  shares.served(2, 3);
  EXPECT_EQ(shares.counter(1), 10);
  EXPECT_EQ(shares.counter(2), 3);
}

TEST(ClientShares, NobodySavesUpWhileAway) {
  ClientShares shares;
  shares.arrived(1);
  shares.served(1, 1000);
  shares.arrived(2);
  EXPECT_EQ(shares.counter(2), 1000) << "a newcomer starts where the least served one is";
  shares.served(1, 500);
  shares.left(2);
  shares.served(1, 500);
  shares.arrived(2);
  EXPECT_EQ(shares.counter(2), 2000);
}

TEST(ClientShares, WhoGotMoreThanTheOthersIsRememberedWhileAway) {
  ClientShares shares;
  shares.arrived(1);
  shares.arrived(2);
  shares.served(1, 1000);
  shares.served(2, 100);
  shares.left(1);
  shares.arrived(1);
  EXPECT_EQ(shares.counter(1), 1000) << "a short pause must not wipe the slate";
}

TEST(ClientShares, ClientsThatAreAwayAreForgotten) {
  ClientShares shares;
  shares.arrived(0);
  for (ClientId c = 1; c <= 10000; ++c) {
    shares.arrived(c);
    shares.served(c, 5);
    shares.left(c);
    shares.served(0, 10);
  }
  EXPECT_LT(shares.clients(), 10u);
  shares.left(0);
  EXPECT_EQ(shares.clients(), 0u);
}

TEST(ClientShares, StrangersChangeNothing) {
  ClientShares shares;
  shares.left(7);
  shares.served(7, 100);
  EXPECT_EQ(shares.clients(), 0u);
}

}  // namespace
}  // namespace pincer
