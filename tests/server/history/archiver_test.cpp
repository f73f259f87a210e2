#include "server/history/archiver.h"

#include <gtest/gtest.h>

#include "server/history/sealed.h"
#include "tests/server/history/fake_object_store.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;
using test::FakeBucket;
using test::FakeObjectStore;

class Archiving : public ::testing::Test {
 protected:
  Archiving() {
    fs::remove_all(options_.folder);
    turns_ = *TurnStore::open(options_);
  }
  ~Archiving() override {
    turns_.reset();
    fs::remove_all(options_.folder);
  }

  static SealKeys keys() {
    SealKey::Bytes bytes{};
    return SealKeys({SealKey(bytes)});
  }
  static HistoryTurn turn(std::string id) {
    HistoryTurn turn;
    turn.id = std::move(id);
    turn.body = "the body";
    return turn;
  }
  static std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + std::chrono::minutes(1);
  }
  ArchiverOptions quick() const {
    return {.prefix = "p/",
            .pause = std::chrono::milliseconds(1),
            .longest_pause = std::chrono::milliseconds(4)};
  }

  TurnStoreOptions options_{
      .folder = fs::path(::testing::TempDir()) /
                ("archiver." + std::to_string(::getpid()) + "." +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name()),
      .archived = true};
  std::unique_ptr<TurnStore> turns_;
  FakeBucket bucket_;
  FakeObjectStore objects_{bucket_};
  const SealKeys keys_ = keys();
};

TEST_F(Archiving, BringsSealedTurnsToColdStorage) {
  ASSERT_TRUE(turns_->put(turn("a")));
  Archiver archiver(quick(), *turns_, objects_, keys_);  // begins with what it finds
  ASSERT_TRUE(archiver.wait_idle(soon()));
  EXPECT_EQ(turns_->waiting(), 0);
  const std::string object = bucket_.object("p/turns/a");
  EXPECT_EQ(object.find("the body"), std::string::npos);
  const auto text = unseal(keys_, "p/turns/a", object);
  ASSERT_TRUE(text) << text.error().message;
  EXPECT_EQ(*parse_turn(*text), turn("a"));

  ASSERT_TRUE(turns_->put(turn("b")));
  archiver.wake();
  ASSERT_TRUE(archiver.wait_idle(soon()));
  EXPECT_NE(bucket_.object("p/turns/b"), "none");
  EXPECT_EQ(archiver.archived(), 2);
  EXPECT_EQ(archiver.failures(), 0);
}

TEST_F(Archiving, RemovesWhatWasRemoved) {
  bucket_.objects["p/turns/a"] = "sealed long ago";
  bucket_.objects["p/turns/b"] = "sealed long ago";
  ASSERT_TRUE(turns_->remove("a"));
  Archiver archiver(quick(), *turns_, objects_, keys_);
  ASSERT_TRUE(archiver.wait_idle(soon()));
  EXPECT_EQ(bucket_.object("p/turns/a"), "none");
  EXPECT_NE(bucket_.object("p/turns/b"), "none");
  EXPECT_EQ(turns_->waiting(), 0);
}

TEST_F(Archiving, ATurnThatIsRemovedOnItsWayDoesNotStay) {
  bucket_.stuck = true;
  ASSERT_TRUE(turns_->put(turn("a")));
  Archiver archiver(quick(), *turns_, objects_, keys_);
  bucket_.wait_calls(1);
  ASSERT_TRUE(turns_->remove("a"));
  archiver.wake();
  bucket_.change([](FakeBucket& bucket) { bucket.stuck = false; });
  ASSERT_TRUE(archiver.wait_idle(soon()));
  EXPECT_EQ(bucket_.object("p/turns/a"), "none");
  EXPECT_EQ(turns_->waiting(), 0);
}

TEST_F(Archiving, TriesAgainUntilColdStorageIsThere) {
  bucket_.failure = Error{ErrorCode::network, "no bucket"};
  ASSERT_TRUE(turns_->put(turn("a")));
  Archiver archiver(quick(), *turns_, objects_, keys_);
  bucket_.wait_calls(5);
  EXPECT_EQ(turns_->waiting(), 1);
  EXPECT_GE(archiver.failures(), 3);
  bucket_.change([](FakeBucket& bucket) { bucket.failure.reset(); });
  ASSERT_TRUE(archiver.wait_idle(soon()));
  EXPECT_EQ(turns_->waiting(), 0);
  EXPECT_NE(bucket_.object("p/turns/a"), "none");
}

TEST_F(Archiving, OneThatIsNeverTakenHoldsUpNobody) {
  bucket_.refused = "p/turns/a";
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(turns_->put(turn(id)));
  Archiver archiver(quick(), *turns_, objects_, keys_);
  bucket_.wait_calls(4);  // the first three, and again the one that is left
  EXPECT_EQ(turns_->waiting(), 1);
  EXPECT_NE(bucket_.object("p/turns/b"), "none");
  EXPECT_NE(bucket_.object("p/turns/c"), "none");
}

TEST_F(Archiving, EndsSoonThoughColdStorageIsStuck) {
  bucket_.stuck = true;
  ASSERT_TRUE(turns_->put(turn("a")));
  {
    Archiver archiver(quick(), *turns_, objects_, keys_);
    bucket_.wait_calls(1);
    objects_.stop();
  }
  EXPECT_EQ(turns_->waiting(), 1);  // for the next start
}

TEST_F(Archiving, EndsSoonThoughItPauses) {
  bucket_.failure = Error{ErrorCode::network, "no bucket"};
  ASSERT_TRUE(turns_->put(turn("a")));
  Archiver archiver(
      {.prefix = {}, .pause = std::chrono::hours(1), .longest_pause = std::chrono::hours(1)},
      *turns_, objects_, keys_);
  bucket_.wait_calls(1);
}

}  // namespace
}  // namespace pincer
