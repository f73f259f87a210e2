#include "server/http/trace_context.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace pincer {
namespace {

const std::string kTrace = "4bf92f3577b34da6a3ce929d0e0e4736", kSpan = "00f067aa0ba902b7";

TEST(TraceContext, IsTakenApart) {
  const auto trace = parse_traceparent("00-" + kTrace + "-" + kSpan + "-01");
  ASSERT_TRUE(trace);
  EXPECT_EQ(trace->trace_id, kTrace);
  EXPECT_EQ(trace->parent_id, kSpan);
  EXPECT_TRUE(trace->sampled);
  EXPECT_FALSE(parse_traceparent("00-" + kTrace + "-" + kSpan + "-00")->sampled);
}

TEST(TraceContext, LaterVersionsMaySayMore) {
  EXPECT_TRUE(parse_traceparent("cc-" + kTrace + "-" + kSpan + "-01-what-will-be"));
  EXPECT_TRUE(parse_traceparent("cc-" + kTrace + "-" + kSpan + "-01"));
  EXPECT_FALSE(parse_traceparent("cc-" + kTrace + "-" + kSpan + "-01.what"));
}

TEST(TraceContext, WhatBreaksTheFormatIsIgnored) {
  const std::string zeros(32, '0');
  for (const std::string& bad :
       {std::string(), fmt::format("00-{}", kTrace), fmt::format("00-{}-{}", kTrace, kSpan),
        fmt::format("ff-{}-{}-01", kTrace, kSpan), fmt::format("00-{}-{}-01", zeros, kSpan),
        fmt::format("00-{}-{}-01", kTrace, zeros.substr(16)),
        fmt::format("00-{}-{}-01-more", kTrace, kSpan), fmt::format("00_{}-{}-01", kTrace, kSpan),
        fmt::format("00-{}G-{}-01", kTrace.substr(1), kSpan),
        fmt::format("00-{}-{}-0x", kTrace, kSpan),
        fmt::format("00-4BF92F3577B34DA6A3CE929D0E0E4736-{}-01", kSpan)}) {
    EXPECT_FALSE(parse_traceparent(bad)) << bad;
  }
}

TEST(RequestId, OnlyHarmlessOnesAreTakenOver) {
  for (const char* good : {"a", "req_0123-4.5:6/7=8+9", "550e8400-e29b-41d4-a716-446655440000"})
    EXPECT_TRUE(is_request_id(good)) << good;
  for (const std::string& bad :
       {std::string(), std::string(129, 'a'), std::string("a b"), std::string("a\r\nB: c"),
        std::string("\"quoted\""), std::string("\xc3\xa4"), std::string(1, '\0')})
    EXPECT_FALSE(is_request_id(bad)) << bad;
}

}  // namespace
}  // namespace pincer
