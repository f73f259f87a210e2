#include <gtest/gtest.h>

#include <array>

#include "server/metrics/histogram.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

TEST(Metrics, CountRequestsByRouteAndCode) {
  TestServer server;
  server.get("/v1/models/a");
  server.get("/v1/models/b");
  server.get("/v1/models/fake-model");
  server.get("/nobody/knows");
  server.post(kChatPath, "{");
  const Reply reply = server.get("/metrics");
  EXPECT_EQ(reply.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metric(reply.body, R"(pincer_requests_total{path="/v1/models/*",code="404"})"), 2);
  EXPECT_EQ(metric(reply.body, R"(pincer_requests_total{path="/v1/models/*",code="200"})"), 1);
  EXPECT_EQ(metric(reply.body, R"(pincer_requests_total{path="other",code="404"})"), 1);
  EXPECT_EQ(metric(reply.body, R"(pincer_requests_total{path="/v1/chat/completions",code="400"})"),
            1);
  EXPECT_EQ(metric(reply.body, "pincer_request_duration_seconds_count"), 5);
}

TEST(Metrics, TimeTokens) {
  TestServer server;
  server.post(kChatPath, chat_body());
  const std::string text = server.get("/metrics").body;
  EXPECT_EQ(metric(text, "pincer_time_to_first_token_seconds_count"), 1);
  EXPECT_EQ(metric(text, "pincer_inter_token_seconds_count"), 11);
  EXPECT_EQ(metric(text, R"(pincer_generated_tokens_total{model="fake-model"})"), 12);
  EXPECT_EQ(metric(text, "pincer_ready"), 1);
}

TEST(Metrics, HistogramsAreCumulativeAndTheirBoundsInclusive) {
  static constexpr std::array kBounds = {0.1, 1.0};
  Histogram histogram(kBounds);
  histogram.observe(0.1);
  histogram.observe(0.5, 3);
  histogram.observe(7);
  MetricsText out;
  histogram.write(out, "h", "help");
  EXPECT_EQ(out.text(),
            "# HELP h help\n# TYPE h histogram\nh_bucket{le=\"0.1\"} 1\nh_bucket{le=\"1\"} "
            "4\nh_bucket{le=\"+Inf\"} 5\n"
            "h_sum 8.6\nh_count 5\n");
}

TEST(Metrics, LabelsAreEscaped) {
  MetricsText out;
  out.sample("m", {{"model", "a\"b\\c\nd"}}, 1.5);
  EXPECT_EQ(out.text(), "m{model=\"a\\\"b\\\\c\\nd\"} 1.5\n");
}

}  // namespace
}  // namespace pincer::test
