#include "server/api/socket_message.h"

#include <gtest/gtest.h>

namespace pincer {
namespace {

SocketMessage parse_message(const std::string& text) { return parse_socket_message(text, 32); }

TEST(SocketMessage, ACreateIsTheBodyOfAPost) {
  const auto flat = parse_message(R"({"type":"response.create","model":"m","input":"hi"})");
  ASSERT_TRUE(std::holds_alternative<CreateResponse>(flat));
  EXPECT_EQ(std::get<CreateResponse>(flat).body,
            (boost::json::object{{"model", "m"}, {"input", "hi"}, {"stream", true}}));
  const auto nested = parse_message(
      R"({"type":"response.create","stream_id":"s1","response":{"model":"m","background":false}})");
  ASSERT_TRUE(std::holds_alternative<CreateResponse>(nested));
  EXPECT_EQ(std::get<CreateResponse>(nested).body,
            (boost::json::object{{"model", "m"}, {"stream", true}}));
  EXPECT_EQ(std::get<CreateResponse>(nested).stream_id, "s1");
}

TEST(SocketMessage, ACancelMayNameItsResponse) {
  EXPECT_EQ(std::get<CancelResponse>(parse_message(R"({"type":"response.cancel"})")).response_id,
            "");
  EXPECT_EQ(std::get<CancelResponse>(
                parse_message(R"({"type":"response.cancel","response_id":"resp_1"})"))
                .response_id,
            "resp_1");
}

TEST(SocketMessage, OthersAreProblems) {
  for (const std::string text :
       {"", "{", "[]", "1", "{}", R"({"type":1})", R"({"type":"session.update"})",
        R"({"type":"response.create","background":true})",
        R"({"type":"response.create","stream_id":7})", R"({"type":"response.create","response":1})",
        R"({"type":"response.cancel","response_id":1})"}) {
    const auto message = parse_message(text);
    ASSERT_TRUE(std::holds_alternative<Problem>(message)) << text;
    EXPECT_EQ(std::get<Problem>(message).status, 400u);
  }
}

TEST(SocketMessage, ErrorsNameTheirStream) {
  const Problem problem{.message = "No.", .code = "bad"};
  EXPECT_EQ(
      socket_error(problem, ""),
      R"({"type":"error","status":400,"error":{"message":"No.","type":"invalid_request_error","param":null,"code":"bad"}})");
  EXPECT_TRUE(socket_error(problem, "s").ends_with(R"(,"stream_id":"s"})"));
}

}  // namespace
}  // namespace pincer
