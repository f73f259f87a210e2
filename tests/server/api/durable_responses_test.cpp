// /v1/responses over the store on disk, across restarts.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>

#include "server/route/route_config.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

class DurableResponses : public ::testing::Test {
 protected:
  ~DurableResponses() override {
    server_.reset();
    std::error_code ignored;
    fs::remove_all(config_.path, ignored);
  }
  void start() {
    server_.reset();
    ServerOptions options;
    options.history = std::make_shared<HistoryConfig>(config_);
    server_ = std::make_unique<TestServer>(options);
  }
  json::object post(const std::string& more, std::string_view headers = "") {
    const Reply reply = server_->post("/v1/responses",
                                      fmt::format(R"({{"model":"fake-model",{}}})", more), headers);
    EXPECT_EQ(reply.status, 200) << reply.body;
    return json::parse(reply.body).as_object();
  }
  static std::string path(const json::object& response) {
    return "/v1/responses/" + std::string(response.at("id").as_string());
  }

  HistoryConfig config_;
  std::unique_ptr<TestServer> server_;

 private:
  void SetUp() override {
    config_.path = ::testing::TempDir() + "/durable." + std::to_string(::getpid()) + "." +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(config_.path);
  }
};

TEST_F(DurableResponses, AreThereAfterARestart) {
  start();
  const json::object first = post(R"("input":"Hi")");
  EXPECT_TRUE(first.at("store").as_bool());
  start();
  const Reply again = server_->get(path(first));
  ASSERT_EQ(again.status, 200) << again.body;
  EXPECT_EQ(json::parse(again.body), json::value(first));
  EXPECT_EQ(server_->get(path(first) + "/input_items").status, 200);

  post(fmt::format(R"("input":"And?","previous_response_id":"{}")",
                   std::string_view(first.at("id").as_string())));
  const auto messages = server_->backend().last_request().messages;
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_EQ(messages[0].content, "Hi");
  EXPECT_EQ(messages[1].content, "You said: Hi");
  EXPECT_EQ(messages[2].content, "And?");
}

TEST_F(DurableResponses, StayDeletedAfterARestart) {
  start();
  const json::object first = post(R"("input":"Hi")");
  auto client = server_->connect();
  client.send("DELETE " + path(first) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(client.read().status, 200);
  start();
  EXPECT_EQ(server_->get(path(first)).status, 404);
}

TEST_F(DurableResponses, AreTheirKeysOnly) {
  start();
  const json::object first = post(R"("input":"Hi")", "Authorization: Bearer secret-key\r\n");
  start();
  EXPECT_EQ(server_->get(path(first)).status, 404);
  EXPECT_EQ(server_->get(path(first), "Authorization: Bearer other-key\r\n").status, 404);
  EXPECT_EQ(server_->get(path(first), "Authorization: Bearer secret-key\r\n").status, 200);
}

TEST_F(DurableResponses, SayWhenTheyCannotBeKept) {
  config_.max_bytes = 100;
  start();
  const json::object whole = post(R"("input":"Hi")");
  EXPECT_EQ(whole.at("status").as_string(), "completed");
  EXPECT_FALSE(whole.at("store").as_bool());
  EXPECT_EQ(server_->get(path(whole)).status, 404);

  const Reply stream =
      server_->post("/v1/responses", R"({"model":"fake-model","input":"Hi","stream":true})");
  const std::string_view body = stream.body;
  const std::size_t last = body.rfind("event: ");
  EXPECT_TRUE(body.substr(last).starts_with("event: response.completed\n"));
  EXPECT_NE(body.substr(last).find(R"("store":false)"), std::string_view::npos);
  EXPECT_EQ(metric(server_->get("/metrics").body, "pincer_history_write_failures_total"), 2);
}

TEST_F(DurableResponses, AreCounted) {
  start();
  post(R"("input":"Hi")");
  const std::string metrics = server_->get("/metrics").body;
  EXPECT_EQ(metric(metrics, "pincer_history_turns"), 1);
  EXPECT_GT(metric(metrics, "pincer_history_bytes"), 500);
  EXPECT_EQ(metric(metrics, "pincer_history_pending"), -1);  // there is no cold storage
}

TEST_F(DurableResponses, NeedAFolderThatCanBeUsed) {
  config_.path = "/dev/null/history";
  ServerOptions options;
  options.listen = {"http://127.0.0.1:0"};
  options.history = std::make_shared<HistoryConfig>(config_);
  const auto server = Server::start(options, std::make_shared<Models>());
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("/dev/null/history"), std::string::npos);
}

}  // namespace
}  // namespace pincer::test
