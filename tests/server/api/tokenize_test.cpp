#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

json::value answer(const TestServer& server, const std::string& path, const std::string& body) {
  const Reply reply = server.post(path, body);
  EXPECT_EQ(reply.status, 200) << reply.body;
  return json::parse(reply.body);
}

TEST(Tokenize, GivesTokensAndPieces) {
  TestServer server;
  EXPECT_EQ(answer(server, "/tokenize", R"({"content":"Hi"})"),
            json::parse(R"({"tokens":[72,105]})"));
  EXPECT_EQ(answer(server, "/tokenize", R"({"content":"H\u00e9","with_pieces":true})"),
            json::parse(R"({"tokens":[{"id":72,"piece":"H"},{"id":195,"piece":[195]},)"
                        R"({"id":169,"piece":[169]}]})"));
}

TEST(Tokenize, ReadsSpecialTokensUnlessToldOtherwise) {
  TestServer server;
  EXPECT_EQ(answer(server, "/tokenize", R"({"content":"<begin>H"})"),
            json::parse(R"({"tokens":[257,72]})"));
  EXPECT_EQ(answer(server, "/tokenize", R"({"content":"<begin>H","parse_special":false})")
                .at("tokens")
                .as_array()
                .size(),
            8u);
}

TEST(Detokenize, GivesTextWithSpecialTokens) {
  TestServer server;
  EXPECT_EQ(answer(server, "/detokenize", R"({"tokens":[257,72,105,195]})"),
            json::parse(R"({"content":"<begin>Hi\ufffd"})"));
}

TEST(ApplyTemplate, GivesWhatTheModelWouldRead) {
  TestServer server;
  EXPECT_EQ(answer(server, "/apply-template", R"({"messages":[{"role":"user","content":"Hi"}]})"),
            json::parse(R"({"prompt":"Hi"})"));
  const std::string longer(static_cast<std::size_t>(server.backend().context()) + 1, 'x');
  const std::string body = R"({"messages":[{"role":"user","content":")" + longer + R"("}]})";
  EXPECT_EQ(answer(server, "/apply-template", body).at("prompt"), json::value(longer))
      << "what is too long can be looked at";
}

TEST(Tokenize, RefusesByName) {
  TestServer server;
  const std::pair<const char*, const char*> kRefused[] = {{"/tokenize", R"({})"},
                                                          {"/tokenize", R"({"content":7})"},
                                                          {"/detokenize", R"({"tokens":[258]})"},
                                                          {"/detokenize", R"({"tokens":[-1]})"},
                                                          {"/detokenize", R"({"tokens":"x"})"},
                                                          {"/apply-template", R"({"messages":[]})"},
                                                          {"/apply-template", "7"}};
  for (const auto& [path, body] : kRefused) {
    const Reply reply = server.post(path, body);
    EXPECT_EQ(reply.status, 400) << path << body << reply.body;
    EXPECT_FALSE(json::parse(reply.body).at("error").at("message").as_string().empty());
  }
  EXPECT_EQ(server.post("/tokenize", R"({"model":"other","content":"x"})").status, 404);
}

}  // namespace
}  // namespace pincer::test
