#include <gtest/gtest.h>

#include "server/http/request.h"

namespace pincer {
namespace {

TEST(Query, ATargetKeepsItAsItCame) {
  EXPECT_EQ(parse_target("/path?a=1&b=%20#part")->query, "a=1&b=%20");
  EXPECT_EQ(parse_target("/path?a=1&b=%20#part")->path, "/path");
  EXPECT_EQ(parse_target("/path")->query, "");
  EXPECT_EQ(parse_target("/path?")->query, "");
  EXPECT_EQ(parse_target("/path#part?a=1")->query, "");
  EXPECT_EQ(parse_target("http://localhost/path?a=1")->query, "a=1");
}

TEST(Query, ValuesAreDecoded) {
  EXPECT_EQ(query_value("a=1&b=two%20words&c=x+y", "a"), "1");
  EXPECT_EQ(query_value("a=1&b=two%20words&c=x+y", "b"), "two words");
  EXPECT_EQ(query_value("a=1&b=two%20words&c=x+y", "c"), "x y");
  EXPECT_EQ(query_value("a=1&a=2", "a"), "1");
  EXPECT_EQ(query_value("flag&a=", "flag"), "");
  EXPECT_EQ(query_value("flag&a=", "a"), "");
  EXPECT_EQ(query_value("a=b=c", "a"), "b=c");
}

TEST(Query, WhatIsNotThereOrMalformedIsNothing) {
  for (const char* query : {"", "&&&", "ab=1", "b=a", "A=1", "a=%", "a=%0", "a=%zz", "a=%00"})
    EXPECT_EQ(query_value(query, "a"), std::nullopt) << query;
}

}  // namespace
}  // namespace pincer
