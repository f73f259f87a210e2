#include "server/history/conversation_history.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "server/history/sealed.h"
#include "server/metrics/text_format.h"
#include "tests/server/history/fake_object_store.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;
using test::FakeBucket;
using test::FakeObjectStore;

template <class T>
asio::awaitable<std::optional<T>> boxed(asio::awaitable<T> task) {
  co_return co_await std::move(task);
}

// Waits for a call of the store.
template <class T>
T now(asio::awaitable<T> task) {
  asio::io_context io;
  auto box = boxed(std::move(task));
  auto done = asio::co_spawn(io, std::move(box), asio::use_future);
  io.run();
  return *done.get();
}

SealKey history_key(std::uint8_t byte) {
  SealKey::Bytes bytes;
  bytes.fill(byte);
  return SealKey(bytes);
}

class History : public ::testing::Test {
 protected:
  History() { fs::remove_all(folder_); }
  ~History() override {
    store_.reset();
    fs::remove_all(folder_);
  }

  // As a server that starts.
  void open(bool with_cold = true, std::uint8_t key_byte = 1) {
    store_.reset();
    TurnStoreOptions options;
    options.folder = folder_;
    options.archived = with_cold;
    auto turns = TurnStore::open(options);
    ASSERT_TRUE(turns) << turns.error().message;
    std::unique_ptr<ColdStorage> cold;
    if (with_cold) {
      ArchiverOptions archiver;
      archiver.pause = archiver.longest_pause = std::chrono::milliseconds(1);
      cold = std::make_unique<ColdStorage>(ColdStorage{std::make_unique<FakeObjectStore>(bucket_),
                                                       SealKeys({history_key(key_byte)}),
                                                       std::move(archiver)});
    }
    store_ = make_conversation_history(*std::move(turns), std::move(cold));
  }
  void lose_the_disk() {
    wait_for("pincer_history_pending 0\n");
    store_.reset();
    fs::remove_all(folder_);
  }
  std::string metrics() const {
    MetricsText out;
    store_->write_metrics(out);
    return out.text();
  }
  void wait_for(const std::string& line) const {
    while (metrics().find(line) == std::string::npos) std::this_thread::yield();
  }

  Result<void> put(const std::string& id) {
    const auto response = std::make_shared<StoredResponse>();
    response->id = id;
    response->owner = "ann";
    response->body = "the body of " + id;
    response->input_items = "[]";
    response->history = {{.role = "user", .content = "Hi"}};
    return now(store_->put(response));
  }
  Result<ResponseStore::Response> find(const std::string& id, const std::string& owner = "ann") {
    return now(store_->find(id, owner));
  }
  bool has(const std::string& id) {
    const auto found = find(id);
    EXPECT_TRUE(found) << found.error().message;
    return found && *found != nullptr && (*found)->body == "the body of " + id;
  }
  Result<bool> remove(const std::string& id, const std::string& owner = "ann") {
    return now(store_->remove(id, owner));
  }

  const fs::path folder_ = fs::path(::testing::TempDir()) /
                           ("history." + std::to_string(::getpid()) + "." +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name());
  FakeBucket bucket_;
  std::shared_ptr<ResponseStore> store_;
};

TEST_F(History, OutlivesTheServer) {
  open(false);
  ASSERT_TRUE(put("resp_1"));
  open(false);
  ASSERT_TRUE(has("resp_1"));
  const auto found = find("resp_1");
  EXPECT_EQ((*found)->history.at(0).content, "Hi");
  EXPECT_EQ((*found)->owner, "ann");
  EXPECT_FALSE(has("resp_2"));
  ASSERT_TRUE(*remove("resp_1"));
  EXPECT_FALSE(*remove("resp_1"));
  open(false);
  EXPECT_FALSE(has("resp_1"));
}

TEST_F(History, ComesBackFromColdStorage) {
  open();
  ASSERT_TRUE(put("resp_1"));
  lose_the_disk();
  open();
  EXPECT_TRUE(has("resp_1"));
  EXPECT_NE(metrics().find("pincer_history_restored_total 1\n"), std::string::npos);
  const int calls = bucket_.calls;
  EXPECT_TRUE(has("resp_1"));  // is on the disk again
  EXPECT_EQ(bucket_.calls, calls);
}

TEST_F(History, ShowsNobodyWhatIsAnothers) {
  open();
  ASSERT_TRUE(put("resp_1"));
  EXPECT_EQ(*find("resp_1", "bob"), nullptr);
  EXPECT_FALSE(*remove("resp_1", "bob"));
  lose_the_disk();
  open();
  EXPECT_EQ(*find("resp_1", "bob"), nullptr);
  EXPECT_FALSE(*remove("resp_1", "bob"));
  EXPECT_TRUE(has("resp_1"));
}

TEST_F(History, RemovedTurnsStayRemovedEverywhere) {
  open();
  ASSERT_TRUE(put("resp_1"));
  lose_the_disk();
  bucket_.objects["turns/resp_2"] = "another";
  open();
  ASSERT_TRUE(*remove("resp_1"));
  EXPECT_FALSE(has("resp_1"));
  wait_for("pincer_history_pending 0\n");
  EXPECT_EQ(bucket_.object("turns/resp_1"), "none");
  EXPECT_EQ(bucket_.object("turns/resp_2"), "another");
}

TEST_F(History, ARemovalThatColdStorageMissedIsMadeUpFor) {
  open();
  ASSERT_TRUE(put("resp_1"));
  wait_for("pincer_history_pending 0\n");
  bucket_.change([](FakeBucket& bucket) { bucket.failure = Error{ErrorCode::network, "gone"}; });
  ASSERT_TRUE(*remove("resp_1"));
  open();
  EXPECT_FALSE(has("resp_1"));  // though its object is there
  EXPECT_NE(bucket_.object("turns/resp_1"), "none");
  bucket_.change([](FakeBucket& bucket) { bucket.failure.reset(); });
  wait_for("pincer_history_pending 0\n");
  EXPECT_EQ(bucket_.object("turns/resp_1"), "none");
}

TEST_F(History, ErrorsOfColdStorageAreNotAbsence) {
  open();
  ASSERT_TRUE(put("resp_1"));
  lose_the_disk();

  open(true, 2);
  EXPECT_EQ(find("resp_1").error().code, ErrorCode::not_found);
  EXPECT_NE(find("resp_1").error().message.find("sealed with key 72cd6e8422c407fb, which"),
            std::string::npos);
  EXPECT_FALSE(remove("resp_1"));

  open();
  std::string& object = bucket_.objects["turns/resp_1"];
  object[40] = static_cast<char>(object[40] ^ 1);
  EXPECT_EQ(find("resp_1").error().code, ErrorCode::corrupt);
  bucket_.failure = Error{ErrorCode::network, "there is no bucket"};
  EXPECT_EQ(find("resp_1").error().message, "there is no bucket");
  EXPECT_NE(metrics().find("pincer_history_restore_failures_total 2\n"), std::string::npos);
}

TEST_F(History, AnObjectUnderAnothersNameIsNoTurn) {
  open();
  ASSERT_TRUE(put("resp_1"));
  lose_the_disk();
  bucket_.objects["turns/resp_2"] = bucket_.objects["turns/resp_1"];
  open();
  EXPECT_EQ(find("resp_2").error().code, ErrorCode::corrupt);
}

TEST_F(History, OddIdsAreNotAskedForFarAway) {
  open();
  for (const char* id : {"../secret", "", "a/b"}) EXPECT_FALSE(has(id));
  EXPECT_EQ(bucket_.calls, 0);
}

TEST_F(History, PutsDoNotWaitForColdStorage) {
  bucket_.stuck = true;
  open();
  ASSERT_TRUE(put("resp_1"));
  bucket_.wait_calls(1);
  ASSERT_TRUE(put("resp_2"));
  EXPECT_TRUE(has("resp_1"));
  open();  // ends, and starts, all the same
  EXPECT_NE(metrics().find("pincer_history_pending 2\n"), std::string::npos);
}

TEST_F(History, StopEndsThoseWhoWaitForColdStorage) {
  open();
  bucket_.stuck = true;
  std::thread other([this] {
    const auto found = find("resp_1");
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::cancelled);
  });
  bucket_.wait_calls(1);
  store_->stop();
  other.join();
}

TEST(OpenConversationHistory, NeedsAFolderItCanUse) {
  HistoryConfig config;
  config.path = "/dev/null/history";
  const auto store = open_conversation_history(config);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("/dev/null/history"), std::string::npos);
  EXPECT_NE(store.error().message.find("storage.hot.path"), std::string::npos);
}

TEST(OpenConversationHistory, NeedsItsKeys) {
  HistoryConfig config;
  config.path = "/dev/null/history";
  config.s3_bucket = "b";
  config.key_file = "/dev/null/keys";
  const auto store = open_conversation_history(config);
  ASSERT_FALSE(store);
  EXPECT_NE(store.error().message.find("/dev/null/keys"), std::string::npos);
}

TEST(HistoryConcurrency, ManyClientsPutFindAndRemove) {
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("history." + std::to_string(::getpid()) + ".mt");
  fs::remove_all(folder);
  FakeBucket bucket;
  {
    TurnStoreOptions options;
    options.folder = folder;
    options.archived = true;
    auto turns = TurnStore::open(options);
    ASSERT_TRUE(turns);
    const auto store = make_conversation_history(
        *std::move(turns),
        std::make_unique<ColdStorage>(ColdStorage{std::make_unique<FakeObjectStore>(bucket),
                                                  SealKeys({history_key(1)}), ArchiverOptions()}));
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c) {
      clients.emplace_back([&store, c] {
        for (int i = 0; i < 10; ++i) {
          const auto response = std::make_shared<StoredResponse>();
          response->id = "resp_" + std::to_string(c) + "_" + std::to_string(i);
          EXPECT_TRUE(now(store->put(response)));
          EXPECT_NE(*now(store->find(response->id, "")), nullptr);
          EXPECT_EQ(*now(store->find(response->id + "x", "")), nullptr);
          if (i % 2 == 0) {
            EXPECT_TRUE(*now(store->remove(response->id, "")));
          }
        }
      });
    }
    for (std::thread& client : clients) client.join();
  }
  fs::remove_all(folder);
}

}  // namespace
}  // namespace pincer
