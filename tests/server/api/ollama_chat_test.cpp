#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <sstream>

#include "server/api/ollama_answer.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace json = boost::json;
using Kind = AnswerPart::Kind;

std::string chat(const std::string& more = "", const std::string& model = "fake-model") {
  return R"({"model":")" + model + R"(","messages":[{"role":"user","content":"Hi"}])" + more + "}";
}

std::vector<json::value> lines_of(const std::string& text) {
  std::vector<json::value> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(json::parse(line));
  return lines;
}

TEST(OllamaChat, AnswersWhole) {
  TestServer server;
  const Reply reply = server.post("/api/chat", chat(R"(,"stream":false)", "fake-model:latest"));
  ASSERT_EQ(reply.status, 200) << reply.body;
  const json::value answer = json::parse(reply.body);
  EXPECT_EQ(answer.at("model").as_string(), "fake-model:latest");
  EXPECT_EQ(answer.at("message"), json::parse(R"({"role":"assistant","content":"You said: Hi"})"));
  EXPECT_TRUE(answer.at("done").as_bool());
  EXPECT_EQ(answer.at("done_reason").as_string(), "stop");
  EXPECT_EQ(answer.at("prompt_eval_count").as_int64(), 2);
  EXPECT_EQ(answer.at("eval_count").as_int64(), 12);
  EXPECT_GT(answer.at("total_duration").as_int64(), 0);
  EXPECT_TRUE(answer.at("created_at").as_string().ends_with("Z"));
}

TEST(OllamaChat, StreamsLines) {
  TestServer server;
  const Reply reply = server.post("/api/chat", chat());
  EXPECT_EQ(reply.headers.at("content-type"), "application/x-ndjson");
  const auto lines = lines_of(reply.body);
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += lines[i].at("message").at("content").as_string();
    EXPECT_EQ(lines[i].at("done").as_bool(), i + 1 == lines.size());
  }
  EXPECT_EQ(text, "You said: Hi");
}

TEST(OllamaChat, GeneratesAndGoesOnFromAContext) {
  TestServer server;
  const std::string generate = R"({"model":"fake-model","stream":false,"prompt":"Hi")";
  const json::value first = json::parse(server.post("/api/generate", generate + "}").body);
  EXPECT_EQ(first.at("response").as_string(), "You said: Hi");
  std::string context;
  for (const json::value& id : first.at("context").as_array())
    context += static_cast<char>(id.as_int64());
  EXPECT_EQ(context, "HiYou said: Hi");
  const std::string more = R"(,"context":)" + json::serialize(first.at("context")) + "}";
  const json::value second = json::parse(server.post("/api/generate", generate + more).body);
  EXPECT_EQ(second.at("response").as_string(), "You said: HiYou said: HiHi");
}

TEST(OllamaChat, ARawPromptIsAllThatTheModelReads) {
  TestServer server;
  const json::value answer = json::parse(
      server
          .post("/api/generate",
                R"({"model":"fake-model","stream":false,"prompt":"<begin>Hi","raw":true})")
          .body);
  EXPECT_FALSE(answer.as_object().contains("context"));
  const auto raw = std::get<std::vector<TokenId>>(server.backend().last_request().raw_prompt);
  EXPECT_EQ(raw, (std::vector<TokenId>{ByteTokenizer::kBegin, 'H', 'i'}));
}

// Its documents ask by curl -d, which names the type of a web page's form.
TEST(OllamaChat, TakesWhatCurlSends) {
  TestServer server;
  const auto ask = [&](std::string_view path, const std::string& body, const std::string& more) {
    TestClient client = server.connect();
    client.send(
        fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                    "application/x-www-form-urlencoded\r\n{}Content-Length: {}\r\n\r\n{}",
                    path, more, body.size(), body));
    return client.read().status;
  };
  EXPECT_EQ(ask("/api/chat", chat(), ""), 200);
  EXPECT_EQ(ask("/v1/chat/completions", chat(), ""), 415);
  EXPECT_EQ(ask("/api/chat", chat(), "Origin: http://localhost\r\n"), 415);
  EXPECT_EQ(ask("/api/chat", chat(), "Origin: http://evil.example\r\n"), 403);
}

// Ollama's own client shows the first twelve digits, of models that are not loaded, too.
TEST(OllamaChat, EveryModelHasADigest) {
  TestServer server;
  server.models().announce("not-there-yet");
  const auto models = json::parse(server.get("/api/tags").body).at("models").as_array();
  ASSERT_EQ(models.size(), 2u);
  for (const json::value& model : models) EXPECT_EQ(model.at("digest").as_string().size(), 64u);
}

TEST(OllamaChat, LoadsWithoutAnAnswer) {
  TestServer server;
  const json::value answer =
      json::parse(server.post("/api/generate", R"({"model":"fake-model"})").body);
  EXPECT_EQ(answer.at("done_reason").as_string(), "load");
  EXPECT_EQ(answer.at("response").as_string(), "");
}

TEST(OllamaChat, RefusesInItsOwnBody) {
  TestServer server;
  const std::pair<std::string, int> kRefused[] = {{chat("", "other"), 404},
                                                  {chat(R"(,"options":{"num_ctx":99999})"), 400},
                                                  {chat(R"(,"format":"xml")"), 400},
                                                  {"[", 400}};
  for (const auto& [body, status] : kRefused) {
    const Reply reply = server.post("/api/chat", body);
    EXPECT_EQ(reply.status, status) << reply.body;
    EXPECT_FALSE(json::parse(reply.body).at("error").as_string().empty());
  }
  EXPECT_EQ(server.post("/api/pull", R"({"model":"x"})").status, 404);
}

TEST(OllamaChat, SendsCallsWhole) {
  const ByteTokenizer tokenizer;
  OllamaWriter writer({}, tokenizer);
  std::string out;
  AnswerNews news;
  news.parts = {
      {Kind::reasoning, "hm", {}}, {Kind::call, "f", "call_1"}, {Kind::arguments, R"({"x":)", {}}};
  writer.news(out, news);
  news.parts = {{Kind::arguments, "1}", {}}, {Kind::call, "g", "call_2"}};
  news.end = AnswerEnd{};
  writer.news(out, news);
  writer.end(out);
  const auto lines = lines_of(out);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[0].at("message").at("thinking").as_string(), "hm");
  EXPECT_EQ(lines[1].at("message").at("tool_calls"),
            json::parse(R"([{"id":"call_1","function":{"name":"f","arguments":{"x":1}}}])"));
  EXPECT_EQ(lines[2].at("message").at("tool_calls"),
            json::parse(R"([{"id":"call_2","function":{"name":"g","arguments":{}}}])"));
  EXPECT_TRUE(lines[3].at("done").as_bool());
}

TEST(OllamaModels, AreListedAndShown) {
  TestServer server;
  const json::value tags = json::parse(server.get("/api/tags").body);
  EXPECT_EQ(tags.at("models").at(0).at("name").as_string(), "fake-model:latest");
  EXPECT_EQ(tags.at("models").at(0).at("details").at("parameter_size").as_string(), "1.5M");
  const json::value loaded = json::parse(server.get("/api/ps").body);
  EXPECT_EQ(loaded.at("models").at(0).at("context_length").as_int64(), 2048);
  const json::value shown =
      json::parse(server.post("/api/show", R"({"model":"fake-model:latest"})").body);
  EXPECT_EQ(shown.at("model_info").at("fake.embedding_length").as_int64(), 4);
  EXPECT_EQ(shown.at("capabilities"), json::parse(R"(["completion","embedding","tools"])"));
  EXPECT_FALSE(json::parse(server.get("/api/version").body).at("version").as_string().empty());
  EXPECT_EQ(server.post("/api/show", R"({"model":"other"})").status, 404);
}

}  // namespace
}  // namespace pincer::test
