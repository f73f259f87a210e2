#include "engine/pool/huge_page_writer.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "engine/pool/file_descriptor.h"
#include "tests/engine/support/temporary_folder.h"

namespace pincer {
namespace {

// Pieces of any size, with gaps, across the writer's own pieces of 8 MiB.
TEST(HugePageWriter, WritesWhatItIsGiven) {
  const test::TemporaryFolder folder;
  const auto path = folder.path() / "file";
  std::vector<std::uint8_t> expected;
  {
    const FileDescriptor fd(::open(path.c_str(), O_CREAT | O_RDWR, 0644));
    HugePageWriter writer(fd.get());
    for (const auto& [gap, bytes] :
         std::vector<std::pair<std::size_t, std::size_t>>{{0, 1},
                                                          {4095, 0},
                                                          {3, 5'000'000},
                                                          {100, 3'388'509},
                                                          {0, 20'000'001},
                                                          {9'000'000, 7}}) {
      expected.resize(expected.size() + gap);
      const auto at = static_cast<std::int64_t>(expected.size());
      std::vector<std::uint8_t> piece(bytes);
      for (std::size_t i = 0; i < bytes; ++i) piece[i] = static_cast<std::uint8_t>(i * 7 + bytes);
      ASSERT_EQ(writer.write(piece.data(), bytes, at), 0);
      expected.insert(expected.end(), piece.begin(), piece.end());
    }
    ASSERT_EQ(writer.finish(), 0);
  }
  std::ifstream in(path, std::ios::binary);
  const std::vector<char> found(std::istreambuf_iterator<char>(in), {});
  ASSERT_EQ(found.size(), expected.size());
  EXPECT_TRUE(std::equal(found.begin(), found.end(), reinterpret_cast<char*>(expected.data())));
}

TEST(HugePageWriter, SaysWhyItCannotWrite) {
  const FileDescriptor full(::open("/dev/full", O_WRONLY));
  if (!full) GTEST_SKIP() << "no /dev/full";
  HugePageWriter writer(full.get());
  const char byte = 1;
  EXPECT_EQ(writer.write(&byte, 1, 0), 0) << "only kept so far";
  EXPECT_EQ(writer.finish(), ENOSPC);
}

}  // namespace
}  // namespace pincer
