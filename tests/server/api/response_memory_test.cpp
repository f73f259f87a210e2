#include "server/api/response_memory.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

using std::chrono::seconds;

class InMemory : public ::testing::Test {
 protected:
  ResponseMemory make(ResponseMemoryLimits limits) {
    return ResponseMemory(limits, [this] { return now_; });
  }
  static StoredResponse response(std::string id, std::size_t bytes = 0) {
    return {.id = std::move(id),
            .owner = "ann",
            .body = std::string(bytes, 'x'),
            .input_items = "[]",
            .history = {}};
  }
  ResponseMemory::Clock::time_point now_;
};

TEST_F(InMemory, KeepsAndForgets) {
  ResponseMemory store = make({});
  store.put(response("a"));
  ASSERT_TRUE(store.find("a", "ann"));
  EXPECT_EQ(store.find("a", "ann")->id, "a");
  EXPECT_FALSE(store.find("b", "ann"));
  EXPECT_TRUE(store.remove("a", "ann"));
  EXPECT_FALSE(store.remove("a", "ann"));
  EXPECT_FALSE(store.find("a", "ann"));
  EXPECT_EQ(store.bytes(), 0u);
}

TEST_F(InMemory, ShowsNobodyWhatIsAnothers) {
  ResponseMemory store = make({});
  store.put(response("a"));
  EXPECT_FALSE(store.find("a", "bob"));
  EXPECT_FALSE(store.remove("a", "bob"));
  EXPECT_TRUE(store.find("a", "ann"));
}

TEST_F(InMemory, IsBoundedInCount) {
  ResponseMemory store = make({.count = 2});
  store.put(response("a"));
  store.put(response("b"));
  EXPECT_TRUE(store.find("a", "ann"));  // the last used one stays
  store.put(response("c"));
  EXPECT_TRUE(store.find("a", "ann"));
  EXPECT_FALSE(store.find("b", "ann"));
  EXPECT_EQ(store.count(), 2u);
}

TEST_F(InMemory, IsBoundedInBytes) {
  ResponseMemory store = make({.bytes = 10'000});
  for (int i = 0; i < 10; ++i) store.put(response(std::to_string(i), 3000));
  EXPECT_LE(store.bytes(), 10'000u);
  EXPECT_EQ(store.count(), 3u);
  EXPECT_TRUE(store.find("9", "ann"));
  store.put(response("large", 20'000));
  EXPECT_FALSE(store.find("large", "ann"));
  EXPECT_LE(store.bytes(), 10'000u);
}

TEST_F(InMemory, IsBoundedInAgeSinceItsLastUse) {
  ResponseMemory store = make({.age = seconds(10)});
  store.put(response("a"));
  store.put(response("b"));
  now_ += seconds(8);
  EXPECT_TRUE(store.find("a", "ann"));
  now_ += seconds(8);
  EXPECT_TRUE(store.find("a", "ann"));
  EXPECT_FALSE(store.find("b", "ann"));
  EXPECT_EQ(store.count(), 1u);
}

}  // namespace
}  // namespace pincer
