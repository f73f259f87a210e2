#include "server/history/turn_store.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <fstream>
#include <thread>

namespace pincer {
namespace {

namespace fs = std::filesystem;

class TurnStoreFiles : public ::testing::Test {
 protected:
  TurnStoreFiles() { fs::remove_all(options_.folder); }
  ~TurnStoreFiles() override { fs::remove_all(options_.folder); }

  std::unique_ptr<TurnStore> open() {
    auto store = TurnStore::open(options_, [this] { return now_ += std::chrono::seconds(1); });
    EXPECT_TRUE(store) << store.error().message;
    return store ? *std::move(store) : nullptr;
  }
  std::string error() const {
    const auto store = TurnStore::open(options_);
    return store ? "none" : store.error().message;
  }
  fs::path file() const { return options_.folder / "history.db"; }

  static HistoryTurn turn(std::string id, std::size_t bytes = 10) {
    return {.id = std::move(id),
            .owner = "ann",
            .body = std::string(bytes, 'b'),
            .input_items = "[]",
            .history = R"([{"role":"user"}])",
            .created_ms = 1};
  }

  TurnStoreOptions options_{
      .folder = fs::path(::testing::TempDir()) /
                ("turns." + std::to_string(::getpid()) + "." +
                 ::testing::UnitTest::GetInstance()->current_test_info()->name()),
      .max_bytes = 1 << 20};
  std::chrono::system_clock::time_point now_;
};

TEST_F(TurnStoreFiles, KeepWhatWasPut) {
  {
    const auto store = open();
    ASSERT_TRUE(store->put(turn("a")));
    ASSERT_TRUE(store->put(turn("b")));
    ASSERT_TRUE(store->put(turn("b", 20)));  // replaced
    EXPECT_EQ(store->turns(), 2);
  }
  const auto store = open();
  EXPECT_EQ(store->turns(), 2);
  EXPECT_GT(store->bytes(), 2 * 512);
  const auto found = store->find("b");
  ASSERT_TRUE(found);
  EXPECT_EQ(*found, turn("b", 20));
  EXPECT_EQ(*store->find("c"), std::nullopt);
  ASSERT_TRUE(store->remove("a"));
  ASSERT_TRUE(store->remove("a"));
  EXPECT_EQ(*store->find("a"), std::nullopt);
  EXPECT_EQ(store->turns(), 1);
}

TEST_F(TurnStoreFiles, AreTheOwnersOnly) {
  open();
  EXPECT_EQ(fs::status(options_.folder).permissions(), fs::perms::owner_all);
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(TurnStoreFiles, TextsMayHoldAnyByte) {
  const auto store = open();
  HistoryTurn odd = turn("odd");
  odd.body = std::string("a\0\xff\"", 4);
  ASSERT_TRUE(store->put(odd));
  EXPECT_EQ(**store->find("odd"), odd);
}

TEST_F(TurnStoreFiles, WhatWasUsedLongestAgoMakesRoom) {
  options_.max_bytes = 10'000;
  const auto store = open();
  ASSERT_TRUE(store->put(turn("a", 2000)));
  ASSERT_TRUE(store->put(turn("b", 2000)));
  ASSERT_TRUE(store->put(turn("c", 2000)));
  ASSERT_TRUE(*store->find("a"));
  ASSERT_TRUE(store->put(turn("d", 2000)));
  EXPECT_TRUE(*store->find("a"));
  EXPECT_FALSE(*store->find("b"));
  EXPECT_LE(store->bytes(), 10'000);
}

TEST_F(TurnStoreFiles, ATurnThatIsLargerThanAllIsRefused) {
  options_.max_bytes = 10'000;
  const auto store = open();
  ASSERT_TRUE(store->put(turn("a", 2000)));
  const auto put = store->put(turn("large", 20'000));
  ASSERT_FALSE(put);
  EXPECT_EQ(put.error().code, ErrorCode::no_space);
  EXPECT_NE(put.error().message.find("max_bytes, 10000 bytes, is not enough"), std::string::npos);
  EXPECT_TRUE(*store->find("a"));  // nothing was given up for it
  EXPECT_EQ(store->turns(), 1);
}

TEST_F(TurnStoreFiles, OnlyWhatIsInColdStorageMakesRoomForOthers) {
  options_.max_bytes = 10'000;
  options_.archived = true;
  const auto store = open();
  for (const char* id : {"a", "b", "c"}) ASSERT_TRUE(store->put(turn(id, 2000)));
  EXPECT_EQ(store->waiting(), 3);
  const auto refused = store->put(turn("d", 2000));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::no_space);
  EXPECT_NE(refused.error().message.find("3 others wait for cold storage"), std::string::npos);

  const auto waiting = store->unarchived(10);
  ASSERT_EQ(waiting->size(), 3u);
  EXPECT_EQ(waiting->front().id, "a");
  ASSERT_TRUE(store->set_archived((*waiting)[1]));
  EXPECT_EQ(store->waiting(), 2);
  ASSERT_TRUE(store->put(turn("d", 2000)));
  EXPECT_FALSE(*store->find("b"));
  EXPECT_TRUE(*store->find("a"));
}

TEST_F(TurnStoreFiles, ATurnThatWasReplacedWhileItWasArchivedWaitsAgain) {
  options_.archived = true;
  const auto store = open();
  ASSERT_TRUE(store->put(turn("a")));
  const auto before = store->unarchived(10);
  ASSERT_TRUE(store->put(turn("a", 20)));
  ASSERT_TRUE(store->set_archived(before->front()));
  EXPECT_EQ(store->unarchived(10)->size(), 1u);
  EXPECT_EQ(store->waiting(), 1);
}

TEST_F(TurnStoreFiles, RemovalsAreRememberedForColdStorage) {
  options_.archived = true;
  {
    const auto store = open();
    ASSERT_TRUE(store->put(turn("a")));
    ASSERT_TRUE(store->remove("a"));
    ASSERT_TRUE(store->remove("far"));
    EXPECT_EQ(store->waiting(), 2);
  }
  const auto store = open();
  EXPECT_EQ(store->waiting(), 2);
  EXPECT_EQ(*store->removals(10), (std::vector<std::string>{"a", "far"}));
  EXPECT_EQ(*store->locate("far"), TurnStore::Place::removed);
  EXPECT_EQ(*store->locate("b"), TurnStore::Place::unknown);
  ASSERT_TRUE(store->restore(turn("far")));  // that had been fetched before it was removed
  EXPECT_FALSE(*store->find("far"));
  ASSERT_TRUE(store->set_removal_done("far"));
  EXPECT_EQ(store->waiting(), 1);
  ASSERT_TRUE(store->restore(turn("far")));
  EXPECT_FALSE(*store->find("far"));
}

TEST_F(TurnStoreFiles, WhatIsRestoredNeedsNotBeArchived) {
  options_.archived = true;
  const auto store = open();
  ASSERT_TRUE(store->restore(turn("a")));
  EXPECT_EQ(store->waiting(), 0);
  EXPECT_TRUE(*store->find("a"));
  EXPECT_TRUE(store->unarchived(10)->empty());
}

// A process that dies between two instructions of a put.
TEST_F(TurnStoreFiles, AKilledProcessLosesNoTurnThatItAcknowledged) {
  int pipe[2];
  ASSERT_EQ(::pipe(pipe), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto store = TurnStore::open(options_);
    for (int i = 0;; ++i) {
      if (!store || !(*store)->put(turn("t" + std::to_string(i), 5000))) ::_exit(1);
      if (::write(pipe[1], &i, sizeof i) != sizeof i) ::_exit(1);
    }
  }
  int acknowledged = 0;
  for (int i = 0; i < 50; ++i)
    ASSERT_EQ(::read(pipe[0], &acknowledged, sizeof acknowledged), int{sizeof acknowledged});
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ::close(pipe[1]);
  while (::read(pipe[0], &acknowledged, sizeof acknowledged) > 0) continue;
  ::close(pipe[0]);
  const auto store = open();
  ASSERT_TRUE(store);
  for (int i = 0; i <= acknowledged; ++i)
    EXPECT_EQ(**store->find("t" + std::to_string(i)), turn("t" + std::to_string(i), 5000));
  EXPECT_LE(store->turns(), acknowledged + 2);
}

TEST_F(TurnStoreFiles, AFailedWriteIsSaidAndSurvived) {
  const auto store = open();
  ASSERT_TRUE(store->put(turn("a")));
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  const auto old_action = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{64 << 10, before.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto put = store->put(turn("large", 200'000));
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, old_action);
  ASSERT_FALSE(put);
  EXPECT_NE(put.error().message.find(file().string()), std::string::npos) << put.error().message;
  EXPECT_TRUE(*store->find("a"));
  EXPECT_TRUE(store->put(turn("b")));
  EXPECT_EQ(store->turns(), 2);
}

// 0: as it should be; 77: no disk can be made here.
int fill_a_disk(const TurnStoreOptions& options, const HistoryTurn& small,
                const HistoryTurn& large) {
  const std::string user = "0 " + std::to_string(::getuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getgid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return 77;
  if (!(std::ofstream("/proc/self/uid_map") << user << std::flush)) return 77;
  std::ofstream("/proc/self/setgroups") << "deny";
  if (!(std::ofstream("/proc/self/gid_map") << group << std::flush)) return 77;
  if (::mount("tmpfs", options.folder.c_str(), "tmpfs", 0, "size=300k") != 0) return 77;
  const auto store = TurnStore::open(options);
  if (!store || !(*store)->put(small)) return 1;
  const auto put = (*store)->put(large);
  if (put || put.error().code != ErrorCode::no_space) return 2;
  if (put.error().message.find("there is no room on the disk for") != 0) return 3;
  const auto found = (*store)->find(small.id);
  if (!found || !*found) return 4;
  return (*store)->put(small) ? 0 : 5;
}

TEST_F(TurnStoreFiles, AFullDiskIsSaidAndSurvived) {
  fs::create_directories(options_.folder);
  const pid_t child = ::fork();
  if (child == 0) ::_exit(fill_a_disk(options_, turn("a"), turn("large", 400'000)));
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WEXITSTATUS(status) == 77) GTEST_SKIP() << "no disk can be mounted here";
  EXPECT_EQ(status, 0) << WEXITSTATUS(status);
}

TEST_F(TurnStoreFiles, OfOneProcessAtATime) {
  const auto store = open();
  int status = 0;
  const pid_t child = ::fork();
  if (child == 0) {
    const std::string message = error();
    ::_exit(message.find("another process uses the conversations in") == 0 ? 0 : 1);
  }
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(error().find("another process uses"), 0u) << error();  // or this one, once more
  EXPECT_TRUE(store->put(turn("a")));
}

TEST_F(TurnStoreFiles, ErrorsNameTheFile) {
  std::ofstream(options_.folder) << "a file";
  EXPECT_NE(error().find(options_.folder.string()), std::string::npos);
  EXPECT_NE(error().find("storage.hot.path"), std::string::npos) << error();
  fs::remove(options_.folder);

  fs::create_directories(file());
  EXPECT_NE(error().find("cannot write the conversations in " + file().string()), std::string::npos)
      << error();
  fs::remove(file());

  std::ofstream(file()) << std::string(5000, 'x');
  EXPECT_NE(error().find("is damaged, or no store of conversations"), std::string::npos) << error();
}

TEST_F(TurnStoreFiles, OthersAreLeftAlone) {
  fs::create_directories(options_.folder);
  {
    const auto other = Database::open(file());
    ASSERT_TRUE(other);
    ASSERT_TRUE((*other)->run("CREATE TABLE bookmarks(url TEXT)"));
  }
  EXPECT_NE(error().find("is another program's"), std::string::npos) << error();
  fs::remove(file());
  open();
  {
    const auto later = Database::open(file());
    ASSERT_TRUE((*later)->run("PRAGMA user_version = 2"));
  }
  EXPECT_NE(error().find("later version of Pincer (schema 2, this one knows 1)"), std::string::npos)
      << error();
}

TEST(TurnStoreConcurrency, ManyThreadsPutFindAndRemove) {
  TurnStoreOptions options;
  options.folder = fs::path(::testing::TempDir()) / ("turns." + std::to_string(::getpid()) + ".mt");
  fs::remove_all(options.folder);
  {
    const auto opened = TurnStore::open(options);
    ASSERT_TRUE(opened);
    TurnStore& store = **opened;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([t, &store] {
        for (int i = 0; i < 20; ++i) {
          const std::string id = std::to_string(t) + "-" + std::to_string(i);
          HistoryTurn turn;
          turn.id = id;
          EXPECT_TRUE(store.put(turn));
          EXPECT_TRUE(*store.find(id));
          if (i % 2 == 0) {
            EXPECT_TRUE(store.remove(id));
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(store.turns(), 40);
  }
  fs::remove_all(options.folder);
}

}  // namespace
}  // namespace pincer
