#include "pincer/server/models.h"

#include <gtest/gtest.h>

#include "tests/server/support/fake_backend.h"

namespace pincer::test {
namespace {

TEST(Models, AreReadyOnceNoneIsLoading) {
  Models models;
  EXPECT_FALSE(models.ready());
  models.announce("a");
  EXPECT_FALSE(models.ready());
  ASSERT_TRUE(models.find("a"));
  EXPECT_EQ(models.find("a")->backend, nullptr);
  models.add(std::make_shared<FakeBackend>("a"));
  EXPECT_TRUE(models.ready());
  EXPECT_NE(models.find("a")->backend, nullptr);
  EXPECT_EQ(models.list().size(), 1u);
  models.remove("a");
  EXPECT_FALSE(models.find("a"));
  EXPECT_FALSE(models.ready());
}

}  // namespace
}  // namespace pincer::test
