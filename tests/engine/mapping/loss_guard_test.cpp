#include "engine/mapping/loss_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <numeric>
#include <optional>
#include <thread>

#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

const auto kPage = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
constexpr std::size_t kPages = 8;

// A file of eight pages, every byte of page p being p + 1, mapped.
class MappedPages {
 public:
  MappedPages(const test::TemporaryFolder& folder, const std::string& name) : file_(folder / name) {
    std::ofstream out(file_, std::ios::binary);
    for (std::size_t p = 0; p < kPages; ++p) out << std::string(kPage, static_cast<char>(p + 1));
    out.close();
    const int fd = ::open(file_.c_str(), O_RDONLY);
    base_ = static_cast<const std::uint8_t*>(
        ::mmap(nullptr, kPages * kPage, PROT_READ, MAP_SHARED, fd, 0));
    ::close(fd);
  }
  ~MappedPages() { ::munmap(const_cast<std::uint8_t*>(base_), kPages * kPage); }

  const std::uint8_t* base() const { return base_; }
  // Volatile: the test is about reading the memory.
  int at(std::size_t page, std::size_t offset = 0) const {
    return *static_cast<const volatile std::uint8_t*>(base_ + page * kPage + offset);
  }
  void shrink_to(std::size_t pages) const { std::filesystem::resize_file(file_, pages * kPage); }

 private:
  std::filesystem::path file_;
  const std::uint8_t* base_ = nullptr;
};

class LossGuardTest : public testing::Test {
 protected:
  test::TemporaryFolder folder_;
  MappedPages pages_{folder_, "a"};
};

TEST_F(LossGuardTest, WhatAFileLostReadsAsZerosAndIsMarked) {
  const LossGuard guard(pages_.base(), kPages * kPage);
  EXPECT_EQ(pages_.at(5), 6);
  EXPECT_FALSE(guard.lost());
  pages_.shrink_to(3);
  EXPECT_EQ(pages_.at(2), 3);
  EXPECT_FALSE(guard.lost());
  EXPECT_EQ(pages_.at(5, 17), 0);
  EXPECT_TRUE(guard.lost());
  EXPECT_TRUE(LossGuard::lost_at(pages_.base() + 1));
  EXPECT_EQ(pages_.at(7), 0);
  EXPECT_EQ(pages_.at(3), 0);
  EXPECT_EQ(pages_.at(2), 3);
}

TEST_F(LossGuardTest, KeptPartsStay) {
  LossGuard guard(pages_.base(), kPages * kPage);
  // One across the boundary of the first page that is replaced, one further on.
  guard.keep({{pages_.base() + 4 * kPage - 8, 16}, {pages_.base() + 6 * kPage + 64, 64}});
  pages_.shrink_to(2);
  EXPECT_EQ(pages_.at(4), 5);  // faults here: 8 kept bytes are on this page
  EXPECT_EQ(pages_.at(4, 7), 5);
  EXPECT_EQ(pages_.at(4, 8), 0);
  EXPECT_EQ(pages_.at(6, 63), 0);
  EXPECT_EQ(pages_.at(6, 64), 7);
  EXPECT_EQ(pages_.at(6, 127), 7);
  EXPECT_EQ(pages_.at(6, 128), 0);
  EXPECT_EQ(pages_.at(3), 0);
  EXPECT_EQ(pages_.at(3, kPage - 1), 4);
}

TEST_F(LossGuardTest, OtherRangesAreNotMarked) {
  const MappedPages other(folder_, "b");
  const LossGuard guard(pages_.base(), kPages * kPage);
  const LossGuard beside(other.base(), kPages * kPage);
  pages_.shrink_to(0);
  EXPECT_EQ(pages_.at(0), 0);
  EXPECT_TRUE(guard.lost());
  EXPECT_FALSE(beside.lost());
  EXPECT_EQ(other.at(7), 8);
  int unguarded = 0;
  EXPECT_FALSE(LossGuard::lost_at(&unguarded));
}

TEST_F(LossGuardTest, ASlotIsUsedAgainWithoutItsPast) {
  std::optional<LossGuard> guard(std::in_place, pages_.base(), kPages * kPage);
  pages_.shrink_to(0);
  EXPECT_EQ(pages_.at(0), 0);
  EXPECT_TRUE(guard->lost());
  guard.reset();
  EXPECT_FALSE(LossGuard::lost_at(pages_.base()));
  const MappedPages other(folder_, "b");
  const LossGuard again(other.base(), kPages * kPage);
  EXPECT_FALSE(again.lost());
}

TEST_F(LossGuardTest, OtherFaultsEndTheProcessAsBefore) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const LossGuard guard(pages_.base(), kPages * kPage);
  const MappedPages other(folder_, "b");
  other.shrink_to(0);
  EXPECT_DEATH(other.at(0), "");
  EXPECT_DEATH(::raise(SIGBUS), "");
}

class LossGuardConcurrency : public LossGuardTest {};

TEST_F(LossGuardConcurrency, ManyThreadsMayFaultAtOnce) {
  LossGuard guard(pages_.base(), kPages * kPage);
  guard.keep({{pages_.base() + 7 * kPage, 4}});
  pages_.shrink_to(1);
  std::vector<int> sums(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < sums.size(); ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t p = 0; p < kPages; ++p) sums[t] += pages_.at((p + t) % kPages);
    });
  }
  for (auto& t : threads) t.join();
  EXPECT_EQ(sums, std::vector<int>(4, 1 + 8));
  EXPECT_TRUE(guard.lost());
}

}  // namespace
}  // namespace pincer
