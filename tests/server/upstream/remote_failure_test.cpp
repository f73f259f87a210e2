#include "server/upstream/remote_failure.h"

#include <gtest/gtest.h>

#include <vector>

namespace pincer {
namespace {

using namespace std::chrono_literals;
using Kind = FailureClass;

TEST(RemoteFailure, StatusAndWordsGiveTheClass) {
  struct Case {
    int status;
    std::string_view body;
    Kind kind;
  };
  const std::vector<Case> cases = {
      {429,
       R"({"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}})",
       Kind::rate},
      {429,
       R"({"error":{"message":"You exceeded your current quota","code":"insufficient_quota"}})",
       Kind::billing},
      {402, "{}", Kind::billing},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low"}})",
       Kind::billing},
      {400,
       R"({"error":{"message":"This model's maximum context length is 8192 tokens","code":"context_length_exceeded"}})",
       Kind::context_overflow},
      {400,
       R"({"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 1 > 0"}})",
       Kind::context_overflow},
      {400, R"({"error":{"code":"content_policy_violation","message":"no"}})",
       Kind::content_policy},
      {401, R"({"error":{"code":"invalid_api_key"}})", Kind::auth},
      {403, "", Kind::auth},
      {404, R"({"error":{"message":"The model does not exist","code":"model_not_found"}})",
       Kind::auth},
      {400, R"({"error":{"message":"bad tools"}})", Kind::refused},
      {422, "not JSON", Kind::refused},
      {408, "", Kind::server},
      {500, "", Kind::server},
      {529, R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})",
       Kind::server},
      {302, "", Kind::server},
  };
  for (const Case& c : cases) {
    const UpstreamFailure failure = remote_failure(c.status, c.body);
    EXPECT_EQ(failure.kind, c.kind) << c.status << " " << c.body;
    EXPECT_EQ(failure.status, c.status);
    EXPECT_FALSE(failure.message.empty());
  }
}

TEST(RemoteFailure, AMessageIsCutToALine) {
  const std::string body = R"({"error":{"message":")" + std::string(5000, 'x') + R"("}})";
  EXPECT_EQ(remote_failure(500, body).message.size(), 500u);
}

TEST(RemoteFailure, RetryAfterIsSecondsOrADate) {
  EXPECT_EQ(parse_retry_after("7"), 7s);
  EXPECT_EQ(parse_retry_after("0.5"), 500ms);
  EXPECT_EQ(parse_retry_after("soon"), 0ms);
  EXPECT_EQ(parse_retry_after("-1"), 0ms);
  EXPECT_EQ(parse_retry_after("Wed, 21 Oct 2015 07:28:00 GMT"), 0ms);
  EXPECT_GT(parse_retry_after("Wed, 21 Oct 2065 07:28:00 GMT"), 24h);
}

}  // namespace
}  // namespace pincer
