#include "server/cli/size_text.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

TEST(SizeText, ReadsWhatPeopleWrite) {
  EXPECT_EQ(*parse_size("800000000"), 800'000'000);
  EXPECT_EQ(*parse_size("4G"), 4'000'000'000);
  EXPECT_EQ(*parse_size("512m"), 512'000'000);
  EXPECT_EQ(*parse_size("1.5GiB"), 3LL << 29);
  EXPECT_EQ(*parse_size("2kB"), 2000);
  EXPECT_EQ(*parse_size("0"), 0);
}

TEST(SizeText, RefusesTheRest) {
  for (const char* wrong : {"", "G", "-1G", "4X", "4GG", "4 G", "iB", "4i", "1e30T", "nan"}) {
    const auto refused = parse_size(wrong);
    ASSERT_FALSE(refused) << wrong;
    EXPECT_NE(refused.error().message.find("4G"), std::string::npos);
  }
}

}  // namespace
}  // namespace pincer
