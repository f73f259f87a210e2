#include "pincer/engine/pool_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "pincer/engine/model.h"
#include "pincer/engine/weight_pool.h"
#include "tests/engine/support/temporary_folder.h"
#include "tests/engine/support/tiny_model.h"

namespace pincer {
namespace {

namespace fs = std::filesystem;

TEST(PoolUsage, ListsTheFilesOfAFolder) {
  const test::TemporaryFolder folder;
  EXPECT_TRUE(pool_files(folder / "pool")->empty());
  const LoadedModel model = test::load_tiny(folder.path());
  std::ofstream(folder / "pool" / "notes.txt") << "not a pool";
  std::ofstream(folder / "pool" / "broken-0123456789ab.pool") << "not one either";
  const auto files = pool_files(folder / "pool");
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2u);
  EXPECT_EQ(files->at(0).name, "broken");
  EXPECT_EQ(files->at(0).layout, "");
  const PoolFileInfo& tiny = files->at(1);
  EXPECT_EQ(tiny.name, "tiny");
  EXPECT_EQ(tiny.file, model.model->pool()->path());
  EXPECT_EQ(tiny.layout.substr(0, 3), "int");
  EXPECT_EQ(tiny.bytes, model.model->pool()->bytes());
  EXPECT_EQ(tiny.resident, tiny.bytes) << "it was just read";
  EXPECT_LT(tiny.last_used_s, 600);
}

TEST(PoolUsage, SeesWhatThisProcessHasMapped) {
  const test::TemporaryFolder folder;
  const std::int64_t before = resident_pool_bytes();
  const LoadedModel model = test::load_tiny(folder.path());
  const fs::path file = model.model->pool()->path();
  const auto mappings = pool_mappings();
  const auto mine = std::ranges::find_if(
      mappings, [&](const PoolMapping& m) { return m.file == file && m.pid == ::getpid(); });
  ASSERT_NE(mine, mappings.end());
  EXPECT_EQ(mine->bytes, model.model->pool()->bytes());
  EXPECT_EQ(mine->resident, mine->bytes) << "loading checks every byte";
  EXPECT_EQ(mine->resident, mine->shared + mine->private_bytes);
  EXPECT_FALSE(mine->command.empty());
  EXPECT_EQ(resident_pool_bytes() - before, mine->resident);
  ASSERT_TRUE(remove_pool_file(file));
  const auto after = pool_mappings();
  const auto gone = std::ranges::find(after, file, &PoolMapping::file);
  ASSERT_NE(gone, after.end());
  EXPECT_TRUE(gone->deleted);
  EXPECT_FALSE(remove_pool_file(file));
}

// What the kernel writes, with a file in two pieces and a name with blanks.
TEST(PoolUsage, AddsUpTheFieldsOfSmaps) {
  const test::TemporaryFolder folder;
  const fs::path process = folder / "42";
  fs::create_directories(process);
  std::ofstream(process / "comm") << "pincer\n";
  const std::string head = "7f0000000000-7f0000004000 r--s 00000000 fe:00 12 ";
  const std::string name = "/a b/My Model-0123456789ab.pool";
  std::ofstream(process / "maps") << head << name << '\n';
  std::ofstream(process / "smaps")
      << head << "/lib/other.so\nSize: 4 kB\nRss: 4 kB\n"
      << head << name << "\nSize: 16 kB\nRss: 12 kB\nPss: 6 kB\nShared_Clean: 8 kB\n"
      << "Private_Clean: 4 kB\nVmFlags: rd sh\n"
      << head << name << "\nSize: 8 kB\nRss: 8 kB\nPss: 8 kB\nPrivate_Clean: 8 kB\n"
      << "7f0000009000-7f000000a000 rw-p 00000000 00:00 0 \nSize: 64 kB\nRss: 64 kB\n";
  fs::create_directories(folder / "self");
  const auto mappings = pool_mappings(folder.path());
  ASSERT_EQ(mappings.size(), 1u);
  const PoolMapping& m = mappings[0];
  EXPECT_EQ(m.pid, 42);
  EXPECT_EQ(m.command, "pincer");
  EXPECT_EQ(m.file, name);
  EXPECT_EQ(pool_model_name(m.file), "My Model");
  EXPECT_EQ(m.bytes, 24 << 10);
  EXPECT_EQ(m.resident, 20 << 10);
  EXPECT_EQ(m.pss, 14 << 10);
  EXPECT_EQ(m.shared, 8 << 10);
  EXPECT_EQ(m.private_bytes, 12 << 10);
}

}  // namespace
}  // namespace pincer
