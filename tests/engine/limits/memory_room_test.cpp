#include "engine/limits/memory_room.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

// A /proc and /sys of its own.
class MemoryRoomTest : public testing::Test {
 protected:
  MemoryRoomTest() { write("proc/meminfo", "MemTotal: 100 kB\nMemAvailable:    8000000 kB\n"); }

  void write(const std::string& name, const std::string& text) {
    const auto file = folder_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  MemoryRoom room() const { return memory_room(folder_.path()); }

  test::TemporaryFolder folder_;
};

TEST_F(MemoryRoomTest, IsWhatTheSystemSaysIsAvailable) {
  EXPECT_EQ(room().bytes, 8'000'000LL * 1024);
  EXPECT_EQ(room().why, "8.2 GB of memory are available");
}

TEST_F(MemoryRoomTest, AGroupOfVersion2LimitsIt) {
  write("proc/self/cgroup", "0::/a/b\n");
  write("sys/fs/cgroup/a/b/memory.max", "max\n");
  write("sys/fs/cgroup/a/b/memory.current", "700000000\n");
  write("sys/fs/cgroup/a/memory.max", "2000000000\n");
  write("sys/fs/cgroup/a/memory.current", "900000000\n");
  write("sys/fs/cgroup/a/memory.stat", "anon 1\ninactive_file 200000000\nactive_file 100000000\n");
  EXPECT_EQ(room().bytes, 2'000'000'000 - 900'000'000 + 300'000'000);
  EXPECT_EQ(room().why, "the control group /a allows 2.0 GB, of which 600 MB are in use");
}

TEST_F(MemoryRoomTest, AGroupOfVersion1LimitsIt) {
  write("proc/self/cgroup", "5:cpu:/x\n4:memory:/c\n0::/\n");
  write("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "1000000000\n");
  write("sys/fs/cgroup/memory/c/memory.usage_in_bytes", "1200000000\n");
  write("sys/fs/cgroup/memory/c/memory.stat", "total_inactive_file 100000000\n");
  EXPECT_EQ(room().bytes, 0);
  write("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(room().bytes, 8'000'000LL * 1024);
}

TEST_F(MemoryRoomTest, OfThisMachineIsSomething) {
  EXPECT_GT(memory_room().bytes, 1 << 20);
  EXPECT_LT(memory_room().bytes, std::int64_t{1} << 50);
}

TEST(HumanBytes, HasAsManyDigitsAsHelp) {
  EXPECT_EQ(human_bytes(512'000), "512 kB");
  EXPECT_EQ(human_bytes(4'200'000), "4.2 MB");
  EXPECT_EQ(human_bytes(145'000'000), "145 MB");
  EXPECT_EQ(human_bytes(7'250'000'000), "7.2 GB");
}

}  // namespace
}  // namespace pincer
