#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <chrono>
#include <limits>

#include "server/api/embedding_text.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;

Reply embed(const TestServer& server, const std::string& more) {
  return server.post("/v1/embeddings", R"({"model":"fake-model")" + more + "}");
}

json::value data_of(const Reply& reply) {
  EXPECT_EQ(reply.status, 200) << reply.body;
  return json::parse(reply.body).at("data");
}

TEST(Embeddings, OfATextAnArrayAndTokens) {
  TestServer server;
  const Reply one = embed(server, R"(,"input":"even")");
  EXPECT_EQ(json::parse(one.body),
            json::parse(R"({"object":"list","data":[{"object":"embedding","index":0,)"
                        R"("embedding":[0.6,0,0.8,0]}],"model":"fake-model",)"
                        R"("usage":{"prompt_tokens":4,"total_tokens":4}})"));
  const json::value several = data_of(embed(server, R"(,"input":["odd","even"])"));
  EXPECT_EQ(several.at(0).at("embedding"), json::parse("[0,0.6,0,0.8]"));
  EXPECT_EQ(several.at(1).at("embedding"), json::parse("[0.6,0,0.8,0]"));
  EXPECT_EQ(several.at(1).at("index").as_int64(), 1);
  EXPECT_EQ(data_of(embed(server, R"(,"input":[1,2,3])")).as_array().size(), 1u);
  EXPECT_EQ(std::get<std::vector<TokenId>>(server.backend().last_embedding().content),
            (std::vector<TokenId>{1, 2, 3}));
  EXPECT_EQ(data_of(embed(server, R"(,"input":[[1],[2,3]])")).as_array().size(), 2u);
}

TEST(Embeddings, ManyKeepTheirOrder) {
  TestServer server;
  std::string input = "[";
  for (int i = 0; i < 100; ++i)
    input += (i ? ",\"" : "\"") + std::string(i % 3 == 0 ? 1 : 2, 'x') + '"';
  const json::value data = data_of(embed(server, ",\"input\":" + input + "]"));
  ASSERT_EQ(data.as_array().size(), 100u);
  for (std::size_t i = 0; i < 100; ++i)
    EXPECT_EQ(data.at(i).at("embedding").at(i % 3 == 0 ? 1 : 0).to_number<double>(), 0.6);
}

TEST(Embeddings, AreTruncatedAndInBase64) {
  TestServer server;
  EXPECT_EQ(data_of(embed(server, R"(,"input":"even","dimensions":2)")).at(0).at("embedding"),
            json::parse("[1,0]"));
  const float vector[] = {0.6f, 0.0f, 0.8f, 0.0f};
  EXPECT_EQ(data_of(embed(server, R"(,"input":"even","encoding_format":"base64")"))
                .at(0)
                .at("embedding")
                .as_string(),
            base64_floats(vector));
  EXPECT_EQ(base64_floats(vector), "mpkZPwAAAADNzEw/AAAAAA==");
}

TEST(Embeddings, RefusesByName) {
  TestServer server;
  const std::pair<const char*, const char*> kRefused[] = {
      {R"(,"input":"")", "input"},
      {R"(,"input":[])", "input"},
      {R"(,"input":7)", "input"},
      {R"(,"input":["a",""])", "input[1]"},
      {R"(,"input":["a",{}])", "input[1]"},
      {R"(,"input":[1,-2])", "input"},
      {R"(,"input":[1,99999999999])", "input"},
      {"", "input"},
      {R"(,"input":"a","dimensions":5)", "dimensions"},
      {R"(,"input":"a","dimensions":0)", "dimensions"},
      {R"(,"input":"a","encoding_format":"int8")", "encoding_format"}};
  for (const auto& [more, param] : kRefused) {
    const Reply reply = embed(server, more);
    EXPECT_EQ(reply.status, 400) << more;
    EXPECT_EQ(json::parse(reply.body).at("error").at("param").as_string(), param) << reply.body;
  }
  const std::string length = std::to_string(server.backend().context() + 1);
  const Reply longer =
      embed(server, R"(,"input":")" + std::string(std::stoul(length), 'x') + R"(")");
  EXPECT_EQ(longer.status, 400);
  EXPECT_NE(longer.body.find(length), std::string::npos) << longer.body;
  EXPECT_EQ(server.post("/v1/embeddings", R"({"model":"other","input":"a"})").status, 404);
}

TEST(Embeddings, KeepToTheCallersDeadline) {
  TestServer server;
  const std::string body = R"({"model":"fake-model","input":"even"})";
  EXPECT_EQ(server.post("/v1/embeddings", body).status, 200);
  EXPECT_EQ(server.backend().last_embedding().finish_by,
            std::chrono::steady_clock::time_point::max());
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(server.post("/v1/embeddings", body, "x-request-timeout: 600\r\n").status, 200);
  const auto finish_by = server.backend().last_embedding().finish_by;
  EXPECT_GE(finish_by, before + std::chrono::seconds(600));
  EXPECT_LE(finish_by, std::chrono::steady_clock::now() + std::chrono::seconds(600));
}

TEST(Embeddings, CountForTheKeysTokens) {
  ServerOptions options;
  ApiKey key = plain_api_key("secret");
  key.tokens_per_minute = 3;  // one has more
  options.api_keys = {key};
  TestServer server(std::move(options));
  const std::string body = R"({"model":"fake-model","input":"even"})";
  EXPECT_EQ(server.post("/v1/embeddings", body, "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(server.post("/v1/embeddings", body, "Authorization: Bearer secret\r\n").status, 429);
}

TEST(Embeddings, HaveThePriorityThatTheKeyAllows) {
  ServerOptions options;
  ApiKey key = plain_api_key("secret");
  key.max_priority = -1;
  options.api_keys = {key};
  TestServer server(std::move(options));
  const std::string body = R"({"model":"fake-model","input":"even"})";
  EXPECT_EQ(server.post("/v1/embeddings", body, "Authorization: Bearer secret\r\n").status, 200);
  EXPECT_EQ(server.backend().last_embedding().priority, -1);
}

// Those that come later were not let in late: their job has had its turn.
TEST(Embeddings, WaitForTheirTurnOnce) {
  ServerOptions options;
  options.limits.queue_timeout = std::chrono::minutes(10);
  TestServer server(std::move(options));
  const std::string one = R"({"model":"fake-model","input":["even"]})";
  EXPECT_EQ(server.post("/v1/embeddings", one).status, 200);
  constexpr auto kNever = std::chrono::steady_clock::time_point::max();
  EXPECT_NE(server.backend().last_embedding().start_by, kNever);
  std::string input = R"("even")";
  for (int i = 0; i < 100; ++i) input += R"(,"even")";
  const std::string many = R"({"model":"fake-model","input":[)" + input + "]}";
  EXPECT_EQ(server.post("/v1/embeddings", many).status, 200);
  EXPECT_EQ(server.backend().last_embedding().start_by, kNever);
}

TEST(Embeddings, ForOllama) {
  TestServer server;
  const json::value made = json::parse(
      server.post("/api/embed", R"({"model":"fake-model:latest","input":["even","odd"]})").body);
  EXPECT_EQ(made.at("embeddings"), json::parse("[[0.6,0,0.8,0],[0,0.6,0,0.8]]"));
  EXPECT_EQ(made.at("prompt_eval_count").as_int64(), 7);
  const json::value one =
      json::parse(server.post("/api/embeddings", R"({"model":"fake-model","prompt":"even"})").body);
  EXPECT_EQ(one, json::parse(R"({"embedding":[0.6,0,0.8,0]})"));
  const std::string longer(static_cast<std::size_t>(server.backend().context()) + 1, 'x');
  const std::string body = R"({"model":"fake-model","input":")" + longer + R"(")";
  EXPECT_EQ(server.post("/api/embed", body + "}").status, 200);
  EXPECT_EQ(server.post("/api/embed", body + R"(,"truncate":false})").status, 400);
}

TEST(EmbeddingText, IsValidJsonWhateverTheNumbers) {
  const float vector[] = {1.0f, -1e-30f, 1e30f, std::numeric_limits<float>::quiet_NaN()};
  std::string text;
  append_floats(text, vector);
  const json::value read = json::parse(text);
  EXPECT_EQ(static_cast<float>(read.at(1).to_number<double>()), vector[1]);
  EXPECT_EQ(read.at(3).to_number<double>(), 0);
}

}  // namespace
}  // namespace pincer::test
