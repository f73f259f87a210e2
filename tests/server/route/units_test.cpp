#include "server/route/units.h"

#include <gtest/gtest.h>

#include "server/route/nearest_name.h"

namespace pincer {
namespace {

using namespace std::chrono_literals;

TEST(Units, ReadTimes) {
  EXPECT_EQ(*parse_duration("800ms"), 800ms);
  EXPECT_EQ(*parse_duration("5s"), 5s);
  EXPECT_EQ(*parse_duration("1.5m"), 90s);
  EXPECT_EQ(*parse_duration("2h"), 2h);
  EXPECT_EQ(*parse_duration("30d"), 720h);
  EXPECT_EQ(*parse_duration("0"), 0ms);
  for (const char* wrong : {"", "5", "s", "-1s", "5 s", "1e9d", "nan s", "5sec"}) {
    ASSERT_FALSE(parse_duration(wrong)) << wrong;
    EXPECT_NE(parse_duration(wrong).error().message.find("800ms, 5s"), std::string::npos);
  }
}

TEST(Units, ReadShares) {
  EXPECT_DOUBLE_EQ(*parse_share("5%"), 0.05);
  EXPECT_DOUBLE_EQ(*parse_share("+20%"), 0.2);
  EXPECT_DOUBLE_EQ(*parse_share("0.05"), 0.05);
  for (const char* wrong : {"", "-1%", "%", "5 %", "a"}) EXPECT_FALSE(parse_share(wrong)) << wrong;
}

TEST(NearestName, TakesTheFewestEdits) {
  EXPECT_EQ(nearest_name("cascde", {"rules", "cascade", "load"}), "cascade");
  EXPECT_EQ(nearest_name("x", {}), "");
}

}  // namespace
}  // namespace pincer
