#include "server/http/key_ring.h"

#include <gtest/gtest.h>

#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

using std::chrono::seconds;
const KeyUsage::Time kStart = KeyUsage::Time(std::chrono::hours(1));

ApiKey limited() {
  ApiKey key = plain_api_key("secret");
  key.name = "laptop";
  return key;
}

TEST(KeyUsage, RequestsAMinuteComeInABurstAndThenSteadily) {
  ApiKey key = limited();
  key.requests_per_minute = 3;
  KeyUsage usage;
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(usage.begin(key, kStart));
  const auto refused = usage.begin(key, kStart + seconds(5));
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 429u);
  EXPECT_EQ(refused->retry_after_seconds, 15);
  // What it says is what holds.
  EXPECT_TRUE(usage.begin(key, kStart + seconds(19)));
  EXPECT_FALSE(usage.begin(key, kStart + seconds(20)));
  EXPECT_TRUE(usage.begin(key, kStart + seconds(20)));
}

TEST(KeyUsage, TokensAreOwedAfterwards) {
  ApiKey key = limited();
  key.tokens_per_minute = 600;
  KeyUsage usage;
  EXPECT_FALSE(usage.begin(key, kStart));
  usage.spend(key, 900, kStart);  // 300 more than there were: 30 seconds' worth
  const auto refused = usage.begin(key, kStart);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->retry_after_seconds, 31);
  EXPECT_TRUE(usage.begin(key, kStart + seconds(30)));
  EXPECT_FALSE(usage.begin(key, kStart + seconds(31)));
}

TEST(KeyUsage, NoMoreThanAMinutesWorthIsSaved) {
  ApiKey key = limited();
  key.requests_per_minute = 2;
  KeyUsage usage;
  EXPECT_FALSE(usage.begin(key, kStart));
  const auto later = kStart + std::chrono::hours(5);
  EXPECT_FALSE(usage.begin(key, later));
  EXPECT_FALSE(usage.begin(key, later));
  EXPECT_TRUE(usage.begin(key, later));
}

TEST(KeyUsage, SoManyAtOnce) {
  ApiKey key = limited();
  key.concurrent = 2;
  KeyUsage usage;
  EXPECT_FALSE(usage.begin(key, kStart));
  EXPECT_FALSE(usage.begin(key, kStart));
  EXPECT_TRUE(usage.begin(key, kStart));
  usage.end();
  EXPECT_FALSE(usage.begin(key, kStart));
}

std::shared_ptr<const Account> account(const KeyRing& ring, std::string_view shown) {
  auto found = ring.find(shown);
  auto* account = std::get_if<std::shared_ptr<const Account>>(&found);
  return account == nullptr ? nullptr : *account;
}

TEST(KeyRing, WhatWasUsedStaysWithItsKey) {
  ApiKey key = limited();
  key.requests_per_minute = 1;
  KeyRing ring({key, plain_api_key("other")});
  ASSERT_TRUE(account(ring, "secret"));
  EXPECT_FALSE(account(ring, "secret")->usage()->begin(key, kStart));
  key.name = "renamed";
  ring.replace({key});
  EXPECT_EQ(account(ring, "other"), nullptr);
  EXPECT_EQ(account(ring, "secret")->key().name, "renamed");
  EXPECT_TRUE(account(ring, "secret")->usage()->begin(key, kStart));
}

ServerOptions with(const ApiKey& key) {
  ServerOptions options;
  options.api_keys = {key};
  return options;
}

const std::string kShow = "Authorization: Bearer secret\r\n";

TEST(Keys, AScopeOpensItsRoutes) {
  ApiKey key = limited();
  key.scopes = static_cast<unsigned>(Scope::metrics);
  TestServer server(with(key));
  EXPECT_EQ(server.get("/metrics", kShow).status, 200);
  EXPECT_EQ(server.get("/v1/models", kShow).status, 200);
  const Reply refused = server.post(kChatPath, chat_body(), kShow);
  EXPECT_EQ(refused.status, 403);
  EXPECT_NE(refused.body.find("laptop"), std::string::npos);
  EXPECT_NE(refused.body.find("'inference'"), std::string::npos);
  EXPECT_EQ(refused.body.find("secret"), std::string::npos);
  key.scopes = static_cast<unsigned>(Scope::inference);
  server.server().set_api_keys({key});
  EXPECT_EQ(server.get("/metrics", kShow).status, 403);
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 200);
}

TEST(Keys, LimitsAreAnsweredWithTheTimeToWait) {
  ApiKey key = limited();
  key.requests_per_minute = 1;
  TestServer server(with(key));
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 200);
  const Reply refused = server.post(kChatPath, chat_body(), kShow);
  EXPECT_EQ(refused.status, 429);
  const int wait = std::stoi(refused.headers.at("retry-after"));
  EXPECT_GT(wait, 50);
  EXPECT_LE(wait, 60);
  EXPECT_NE(refused.body.find("rate_limit_exceeded"), std::string::npos);
  EXPECT_EQ(server.get("/v1/models", kShow).status, 200);  // costs nothing
}

TEST(Keys, TokensAreCounted) {
  ApiKey key = limited();
  key.tokens_per_minute = 5;  // an answer has more
  TestServer server(with(key));
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 200);
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 429);
}

TEST(Keys, ConcurrentRequestsEndWithTheirAnswers) {
  ApiKey key = limited();
  key.concurrent = 1;
  TestServer server(with(key));
  server.backend().hold();
  TestClient first = server.connect();
  first.post(kChatPath, chat_body(), kShow);
  server.backend().wait_queued(1);
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 429);
  server.backend().let_go();
  EXPECT_EQ(first.read().status, 200);
  first.post(kChatPath, chat_body(), kShow);
  EXPECT_EQ(first.read().status, 200);
}

TEST(Keys, ModelsAndPrioritiesAreThoseOfTheKey) {
  ApiKey key = limited();
  key.models = {"another"};
  TestServer server(with(key));
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 403);
  key.models = {"another", "fake-model"};
  key.max_priority = 0;
  server.server().set_api_keys({key});
  EXPECT_EQ(server.post(kChatPath, chat_body(), kShow).status, 200);
  EXPECT_EQ(server.post(kChatPath, chat_body(R"(,"service_tier":"priority")"), kShow).status, 403);
  EXPECT_EQ(server.post(kChatPath, chat_body(R"(,"service_tier":"flex")"), kShow).status, 200);
}

TEST(Keys, AreReplacedWhileConnectionsStay) {
  TestServer server(with(limited()));
  TestClient client = server.connect();
  client.get("/v1/models", kShow);
  EXPECT_EQ(client.read().status, 200);
  server.server().set_api_keys({plain_api_key("new")});
  client.get("/v1/models", kShow);
  EXPECT_EQ(client.read().status, 401);
  client.get("/v1/models", "x-api-key: new\r\n");
  EXPECT_EQ(client.read().status, 200);
}

}  // namespace
}  // namespace pincer::test
