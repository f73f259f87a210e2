#include "server/http/request_timeout.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

using std::chrono::milliseconds;

TEST(RequestTimeout, Forms) {
  const auto parsed = [](std::string_view text) { return parse_timeout(text).value(); };
  EXPECT_EQ(parsed("30"), milliseconds(30'000));
  EXPECT_EQ(parsed("1.5"), milliseconds(1'500));
  EXPECT_EQ(parsed("500ms"), milliseconds(500));
  EXPECT_EQ(parsed("30s"), milliseconds(30'000));
  EXPECT_EQ(parsed("2m"), milliseconds(120'000));
  EXPECT_EQ(parsed("0.0001"), milliseconds(1));
}

TEST(RequestTimeout, WhatIsNoTimeIsRefusedWithTheForms) {
  for (const char* bad :
       {"", "0", "-1", "soon", "1h", "1 s", "nan", "inf", "1e9", "86401", "+5", "5,0"}) {
    const auto refused = parse_timeout(bad);
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_NE(refused.error().message.find("500ms"), std::string::npos);
  }
}

TEST(RequestTimeout, TheSmallerHeaderCounts) {
  Request request;
  EXPECT_FALSE(request_timeout(request)->has_value());
  request.headers.insert("X-Envoy-Expected-Rq-Timeout-Ms", "15000");
  EXPECT_EQ(*request_timeout(request), milliseconds(15'000));
  request.headers.insert("X-Request-Timeout", "20");
  EXPECT_EQ(*request_timeout(request), milliseconds(15'000));
  request.headers.set("X-Request-Timeout", "2");
  EXPECT_EQ(*request_timeout(request), milliseconds(2'000));
  request.headers.set("X-Request-Timeout", "never");
  EXPECT_FALSE(request_timeout(request).ok());
}

}  // namespace
}  // namespace pincer
