// Models that are loaded when they are asked for.
#include "server/api/find_model.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <future>

#include "tests/server/support/fake_opener.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

constexpr std::string_view kBody =
    R"({"model":"lazy","messages":[{"role":"user","content":"Hi"}]})";

class FindModel : public ::testing::Test {
 protected:
  FindModel() { server_.models().set_opener(opener_); }

  std::shared_ptr<FakeOpener> opener_ = std::make_shared<FakeOpener>("lazy");
  std::shared_ptr<FakeBackend> backend_ = std::make_shared<FakeBackend>("lazy");
  TestServer server_;
};

TEST_F(FindModel, ARequestWaitsForItsModel) {
  auto reply = std::async(std::launch::async, [&] { return server_.post(kChatPath, kBody); });
  opener_->wait_asked(1);
  EXPECT_EQ(server_.get("/health").status, 200) << "waiting holds nobody up";
  EXPECT_EQ(server_.post(kChatPath, chat_body()).status, 200);
  opener_->deliver(std::shared_ptr<Backend>(backend_));
  const Reply answer = reply.get();
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_NE(answer.body.find("You said: Hi"), std::string::npos);
  EXPECT_NE(answer.body.find("\"model\":\"lazy\""), std::string::npos);
  EXPECT_EQ(server_.post(kChatPath, kBody).status, 200) << "the second finds it there";
}

TEST_F(FindModel, TheNextRequestOfTheConnectionIsKept) {
  TestClient client = server_.connect();
  client.post(kChatPath, kBody);
  opener_->wait_asked(1);
  client.get("/health");  // pipelined
  opener_->deliver(std::shared_ptr<Backend>(backend_));
  EXPECT_EQ(client.read().status, 200);
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(FindModel, ItsUseEndsWithTheRequest) {
  opener_->deliver(std::shared_ptr<Backend>(backend_));
  EXPECT_EQ(server_.post(kChatPath, kBody).status, 200);
  opener_->forget();
  // The connection's coroutine lets go of the backend after the answer; the server's end is after
  // that.
  server_.server().stop();
  server_.join();
  EXPECT_EQ(backend_.use_count(), 1);
}

TEST_F(FindModel, AClientThatLeavesGetsNothingAndHoldsNothing) {
  {
    TestClient client = server_.connect();
    client.post(kChatPath, kBody);
    opener_->wait_asked(1);
  }
  while (metric(server_.get("/metrics").body, "pincer_clients_left_total") < 1)
    std::this_thread::yield();
  opener_->deliver(std::shared_ptr<Backend>(backend_));
  opener_->forget();
  EXPECT_EQ(backend_.use_count(), 1);
}

TEST_F(FindModel, AServerThatStopsDoesNotWait) {
  TestClient client = server_.connect();
  client.post(kChatPath, kBody);
  opener_->wait_asked(1);
  server_.server().stop();
  server_.join();
  opener_->deliver(std::shared_ptr<Backend>(backend_));
  opener_->forget();
  EXPECT_EQ(backend_.use_count(), 1);
}

TEST_F(FindModel, AClientsPatienceEndsTheWait) {
  for (const auto& [path, body] :
       {std::pair(kChatPath, kBody),
        std::pair(std::string_view("/v1/embeddings"),
                  std::string_view(R"({"model":"lazy","input":"Hi"})"))}) {
    const Reply reply = server_.post(path, body, "x-request-timeout: 50ms\r\n");
    EXPECT_EQ(reply.status, 504) << reply.body;
    EXPECT_NE(reply.body.find("'lazy'"), std::string::npos) << reply.body;
  }
  opener_->deliver(std::shared_ptr<Backend>(backend_));
  EXPECT_EQ(server_.post(kChatPath, kBody, "x-request-timeout: 600\r\n").status, 200);
}

TEST_F(FindModel, WhyItIsNotThereIsTold) {
  struct Case {
    ErrorCode error;
    int status;
    std::string_view code;
  };
  for (const Case& c : {Case{ErrorCode::limit, 503, "model_does_not_fit"},
                        Case{ErrorCode::no_space, 503, "model_does_not_fit"},
                        Case{ErrorCode::busy, 429, "rate_limit_exceeded"},
                        Case{ErrorCode::cancelled, 503, "draining"},
                        Case{ErrorCode::corrupt, 500, "model_load_failed"}}) {
    opener_->deliver(Error{c.error, "this is why"});
    const Reply reply = server_.post(kChatPath, kBody);
    EXPECT_EQ(reply.status, c.status);
    const auto error = boost::json::parse(reply.body).at("error");
    EXPECT_EQ(error.at("code").as_string(), c.code);
    EXPECT_NE(reply.body.find("this is why"), std::string::npos);
  }
}

TEST_F(FindModel, IsListedAndCounted) {
  const auto models = boost::json::parse(server_.get("/v1/models").body).at("data").as_array();
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models.at(0).at("id").as_string(), "lazy");
  EXPECT_EQ(server_.get("/v1/models/lazy").status, 200);
  EXPECT_EQ(server_.get("/ready").status, 200);
  EXPECT_EQ(metric(server_.get("/metrics").body, "pincer_pool_budget_bytes"), 12345);
}

TEST(ModelName, MayBeLeftOutWhereThereIsOneModel) {
  TestServer server;
  const std::pair<std::string, std::string> kBodies[] = {
      {"/v1/chat/completions", R"({"messages":[{"role":"user","content":"Hi"}]})"},
      {"/chat/completions", R"({"model":null,"messages":[{"role":"user","content":"Hi"}]})"},
      {"/v1/completions", R"({"prompt":"Hi"})"},
      {"/v1/embeddings", R"({"input":"Hi"})"},
      {"/v1/responses", R"({"input":"Hi"})"},
      {"/responses", R"({"input":"Hi"})"},
  };
  for (const auto& [path, body] : kBodies) {
    const Reply reply = server.post(path, body);
    EXPECT_EQ(reply.status, 200) << path << reply.body;
    EXPECT_EQ(boost::json::parse(reply.body).at("model").as_string(), "fake-model") << path;
  }
  server.models().set_routes({"route"});
  EXPECT_EQ(server.post("/v1/responses/input_tokens", R"({"input":"Hi"})").status, 200);
  server.models().announce("second");
  for (const auto& [path, body] : kBodies) {
    const Reply reply = server.post(path, body);
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_EQ(boost::json::parse(reply.body).at("error").at("param").as_string(), "model");
  }
}

}  // namespace
}  // namespace pincer::test
