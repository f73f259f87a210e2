// Routes over HTTP: the cloud is another server in this process.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "server/route/route_config.h"
#include "server/route/rule_names.h"
#include "tests/server/support/fake_opener.h"
#include "tests/server/support/test_server.h"

namespace pincer {
namespace {

using test::kChatPath;
using test::Reply;
using test::TestServer;

constexpr const char* kAsk =
    R"({"model":"chat","messages":[{"role":"user","content":"Hi"}],"max_tokens":50)";

std::string header(const Reply& reply, const std::string& name) {
  const auto found = reply.headers.find(name);
  return found == reply.headers.end() ? "" : found->second;
}

class RoutedAnswer : public ::testing::Test {
 protected:
  RoutedAnswer() {
    UpstreamConfig local;
    local.name = "local";
    local.kind = UpstreamConfig::Kind::engine;
    local.models["chat"] = "fake-model";
    UpstreamConfig cloud;
    cloud.name = "cloud";
    cloud.base_url = cloud_.address() + "/v1";
    cloud.proxy = "none";
    cloud.models["chat"] = "fake-model";
    cloud.retry.max_attempts = 1;
    config_.upstreams = {local, cloud};
    RouteConfig route;
    route.model = "chat";
    route.local = "local";
    route.cloud = "cloud";
    route.fallbacks = {"cloud", "local"};
    config_.routes = {route};
  }

  TestServer& server() {
    if (!server_) {
      ServerOptions options;
      options.router = std::make_shared<RouterConfig>(config_);
      server_ = std::make_unique<TestServer>(std::move(options));
    }
    return *server_;
  }
  Reply ask(const char* more = "}", const char* headers = "x-pincer-upstream: cloud\r\n") {
    return server().post(kChatPath, std::string(kAsk) + more, headers);
  }

  TestServer cloud_;
  RouterConfig config_;
  std::unique_ptr<TestServer> server_;
};

TEST_F(RoutedAnswer, TheCloudAnswersAndIsNamed) {
  const Reply reply = ask();
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_NE(reply.body.find("You said: Hi"), std::string::npos);
  EXPECT_NE(reply.body.find(R"("model":"chat")"), std::string::npos);
  EXPECT_EQ(header(reply, "x-pincer-upstream"), "cloud");
  EXPECT_EQ(header(reply, "x-pincer-attempts"), "1");
  EXPECT_FALSE(header(reply, "x-pincer-decision-cause").empty());
  EXPECT_EQ(cloud_.backend().last_request().max_tokens, 50);
}

TEST_F(RoutedAnswer, WhatIsToStayHereDoes) {
  const Reply reply = ask("}", "x-pincer-privacy: local_only\r\n");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(header(reply, "x-pincer-upstream"), "local");
}

TEST_F(RoutedAnswer, AModelThatIsLoadedForItNamesItsTokens) {
  config_.upstreams[0].models["chat"] = "lazy";
  const auto opener = std::make_shared<test::FakeOpener>("lazy");
  server().models().set_opener(opener);
  auto asked = std::async(std::launch::async, [this] {
    return ask(R"(,"logprobs":true})", "x-pincer-privacy: local_only\r\n");
  });
  opener->wait_asked(1);
  opener->deliver(std::shared_ptr<Backend>(std::make_shared<test::FakeBackend>("lazy")));
  const Reply reply = asked.get();
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_NE(reply.body.find(R"("token":"Y")"), std::string::npos) << reply.body;
}

TEST_F(RoutedAnswer, AClientsPatienceEndsTheWaitForAModel) {
  config_.upstreams[0].models["chat"] = "lazy";
  config_.routes[0].fallbacks.clear();
  server().models().set_opener(std::make_shared<test::FakeOpener>("lazy"));
  const Reply reply = ask("}", "x-pincer-privacy: local_only\r\nx-request-timeout: 50ms\r\n");
  EXPECT_EQ(reply.status, 504) << reply.body;
  EXPECT_NE(reply.body.find("'lazy'"), std::string::npos) << reply.body;
}

TEST_F(RoutedAnswer, AClientThatLeavesNoLongerWaitsForAModel) {
  config_.upstreams[0].models["chat"] = "lazy";
  const auto opener = std::make_shared<test::FakeOpener>("lazy");
  server().models().set_opener(opener);
  {
    test::TestClient client = server().connect();
    client.post(kChatPath, std::string(kAsk) + "}", "x-pincer-privacy: local_only\r\n");
    opener->wait_asked(1);
  }
  while (test::metric(server().get("/metrics").body, "pincer_clients_left_total") < 1)
    std::this_thread::yield();
  const auto lazy = std::make_shared<test::FakeBackend>("lazy");
  opener->deliver(std::shared_ptr<Backend>(lazy));
  EXPECT_EQ(lazy->last_request().messages.size(), 0u);
}

TEST_F(RoutedAnswer, AFullCloudIsReplacedUnnoticed) {
  cloud_.backend().refuse_with({ErrorCode::busy, "the queue is full"});
  const Reply reply = ask(R"(,"stream":true})");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(header(reply, "x-pincer-upstream"), "local");
  EXPECT_EQ(header(reply, "x-pincer-attempts"), "2");
  EXPECT_NE(reply.body.find("[DONE]"), std::string::npos);
  const Reply metrics = server().get("/metrics");
  EXPECT_EQ(
      test::metric(
          metrics.body,
          R"(pincer_router_failures_total{upstream="cloud",model="chat",reason="rate_limit"})"),
      1);
}

TEST_F(RoutedAnswer, ABrokenStreamGoesOnAndSaysSoWhereAsked) {
  cloud_.backend().hold();
  cloud_.backend().answer_with("");
  cloud_.backend().fail_with("a cosmic ray");
  server().backend().answer_with("three.");
  test::TestClient client = server().connect();
  client.post(kChatPath, std::string(kAsk) + R"(,"stream":true})",
              "x-pincer-upstream: cloud\r\nx-pincer-markers: 1\r\n");
  cloud_.backend().wait_queued(1);
  cloud_.backend().send_all("One two ");
  EXPECT_EQ(client.read_head().status, 200);
  std::string seen;
  const auto read = [&] {
    const std::string chunk = client.read_chunk();
    seen += chunk;
    return !chunk.empty();
  };
  // Else the failure could overtake the text, and nothing would have broken off.
  while (seen.find(R"("content":"O)") == std::string::npos) ASSERT_TRUE(read()) << seen;
  cloud_.backend().let_go();
  while (read()) {
  }
  EXPECT_NE(seen.find(": pincer-migrated from=cloud to=local at="), std::string::npos) << seen;
  EXPECT_NE(seen.find("[DONE]"), std::string::npos);
  const ChatRequest rest = server().backend().last_request();
  EXPECT_TRUE(rest.continue_last);
  // Its last pieces may be lost with it.
  const std::string& begun = rest.messages.back().content;
  EXPECT_FALSE(begun.empty());
  EXPECT_TRUE(std::string_view("One two ").starts_with(begun)) << begun;
}

TEST_F(RoutedAnswer, WithoutAnyoneLeftTheStreamEndsWithAnError) {
  config_.routes[0].fallbacks = {"cloud"};
  config_.routes[0].local.clear();
  cloud_.backend().answer_with("One two ");
  cloud_.backend().fail_with("a cosmic ray");
  const Reply reply = ask(R"(,"stream":true})");
  EXPECT_NE(reply.body.find("server_error"), std::string::npos) << reply.body;
  EXPECT_EQ(reply.body.find("[DONE]"), std::string::npos);
}

TEST_F(RoutedAnswer, AClientThatLeavesFreesItsPlaceInTheCloud) {
  cloud_.backend().hold();
  {
    auto client = server().connect();
    const std::string body = std::string(kAsk) + R"(,"stream":true})";
    client.send(
        "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: "
        "application/json\r\nx-pincer-upstream: cloud\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
    cloud_.backend().wait_queued(1);
  }
  cloud_.backend().wait_cancelled(1);
}

TEST_F(RoutedAnswer, RoutesAreListedAndTheirStateIsShown) {
  EXPECT_NE(server().get("/v1/models").body.find(R"("id":"chat")"), std::string::npos);
  EXPECT_EQ(server().get("/v1/models/chat").status, 200);
  ask();
  const Reply state = server().get("/admin/routes");
  EXPECT_EQ(state.status, 200);
  EXPECT_NE(state.body.find(R"("state":"closed")"), std::string::npos) << state.body;
  EXPECT_EQ(cloud_.get("/admin/routes").status, 404);
  const Reply tokens = server().post("/tokenize", R"({"model":"chat","content":"hi"})");
  EXPECT_EQ(tokens.status, 200) << "by the local model: " << tokens.body;
}

TEST_F(RoutedAnswer, OtherDialectsTakeRoutesToo) {
  const Reply reply = server().post(
      "/v1/messages",
      R"({"model":"chat","max_tokens":20,"messages":[{"role":"user","content":"Hi"}]})",
      "x-pincer-upstream: cloud\r\n");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_NE(reply.body.find("You said: Hi"), std::string::npos);
  EXPECT_EQ(header(reply, "x-pincer-upstream"), "cloud");
}

TEST_F(RoutedAnswer, ARuleSeesWhatIsPrivate) {
  RouteConfig& route = config_.routes.front();
  route.local = "local";
  route.privacy.enabled = true;
  const std::string when = "private_classes contains \"email\"";
  auto condition = parse_expression(when, rule_names(config_.upstreams));
  ASSERT_TRUE(condition) << condition.error().message;
  route.policy.rules.push_back({when, std::move(condition).value(), "local", true});
  route.policy.kind = PolicyKind::length;
  route.policy.length_below = 0;  // all to the cloud
  const auto post = [&](const std::string& text) {
    return server().post(kChatPath, R"({"model":"chat","messages":[{"role":"user","content":")" +
                                        text + R"("}],"max_tokens":50})");
  };
  const Reply mail = post("Write to ann@example.org");
  EXPECT_EQ(header(mail, "x-pincer-upstream"), "local") << mail.body;
  EXPECT_EQ(header(mail, "x-pincer-decision-cause"), "rule 1");
  EXPECT_EQ(header(post("Write to Ann"), "x-pincer-upstream"), "cloud");
}

TEST_F(RoutedAnswer, ACanaryIsSeenAndChangedByItsOperator) {
  config_.routes.front().canary.target = "cloud";
  config_.routes.front().canary.baseline = "local";
  const Reply always = ask("}", "x-pincer-canary: always\r\n");
  EXPECT_EQ(header(always, "x-pincer-upstream"), "cloud") << always.body;
  EXPECT_EQ(header(always, "x-pincer-decision-cause"), "canary");
  EXPECT_EQ(header(ask("}", ""), "x-pincer-upstream"), "local");

  const auto change = [&](const std::string& body) {
    return server().post("/admin/canary/chat", body);
  };
  EXPECT_EQ(change(R"({"weight":100})").status, 200);
  EXPECT_EQ(header(ask("}", ""), "x-pincer-upstream"), "cloud");
  const Reply back = change(R"({"action":"rollback"})");
  EXPECT_NE(back.body.find(R"("stage":"rolled_back")"), std::string::npos) << back.body;
  EXPECT_EQ(header(ask("}", ""), "x-pincer-upstream"), "local");
  EXPECT_NE(server().get("/admin/canary").body.find(R"("target":"cloud")"), std::string::npos);

  for (const char* wrong : {R"({"action":"stop"})", R"({"weight":101})", "{}",
                            R"({"weight":1,"action":"resume"})", R"({"wieght":1})"}) {
    EXPECT_EQ(change(wrong).status, 400) << wrong;
  }
  EXPECT_EQ(server().post("/admin/canary/other", R"({"weight":1})").status, 404);
}

}  // namespace
}  // namespace pincer
