// Clients that leave, many at once, and the end of a server.
#include <gtest/gtest.h>

#include <csignal>
#include <future>
#include <random>

#include "pincer/server/signals.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

const std::string kStream = R"(,"stream":true)";

ServerOptions two_threads() {
  ServerOptions options;
  options.io_threads = 2;
  options.limits.requests_per_connection = 1'000'000;  // expect_metric() needs many
  return options;
}

// Reads /metrics, on one connection, until `sample` has `value`: counters move when a connection's
// coroutine gets to it.
void expect_metric(const TestServer& server, std::string_view sample, double value) {
  TestClient client = server.connect();
  double seen = -1;
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (seen != value && std::chrono::steady_clock::now() < give_up) {
    client.get("/metrics");
    seen = metric(client.read().body, sample);
  }
  EXPECT_EQ(seen, value) << sample;
}

TEST(LeavingConcurrency, AQueuedClientThatLeavesIsCancelled) {
  TestServer server(two_threads());
  server.backend().hold();
  for (const std::string& more : {std::string(), kStream}) {
    TestClient client = server.connect();
    client.post(kChatPath, chat_body(more));
    server.backend().wait_queued(1);
    client.close();
    server.backend().wait_queued(0);
  }
  server.backend().wait_cancelled(2);
  expect_metric(server, "pincer_clients_left_total", 2);
}

TEST(LeavingConcurrency, AnActiveClientThatLeavesIsCancelled) {
  TestServer server(two_threads());
  // NOLINTNEXTLINE(bugprone-string-constructor): so long that it is not over before they leave
  server.backend().answer_with(std::string(10'000'000, 'x'));
  int cancelled = 0;
  for (const std::string& more : {std::string(), kStream}) {
    for (void (TestClient::*leave)() : {&TestClient::close, &TestClient::reset}) {
      TestClient client = server.connect();
      client.post(kChatPath, chat_body(more));
      if (more == kStream) client.read_head(), client.read_chunk(), client.read_chunk();
      server.backend().wait_queued(1);
      (client.*leave)();
      server.backend().wait_cancelled(++cancelled);
    }
  }
}

TEST(LeavingConcurrency, OneThatLeavesWithARequestPipelinedIsNoticedToo) {
  TestServer server(two_threads());
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kChatPath, chat_body());
  client.get("/health");
  server.backend().wait_queued(1);
  client.close();
  server.backend().wait_cancelled(1);
}

TEST(ManyClientsConcurrency, EachGetsItsOwnAnswer) {
  TestServer server(two_threads());
  const auto ask = [&server](int number) {
    TestClient client = server.connect();
    for (int round = 0; round < 5; ++round) {
      const std::string said =
          "client " + std::to_string(number) + " round " + std::to_string(round);
      const bool stream = (number + round) % 2 == 0;
      client.post(kChatPath, R"({"model":"fake-model","messages":[{"role":"user","content":")" +
                                 said + "\"}]" + (stream ? kStream : "") + "}");
      const Reply reply = client.read();
      std::string text;
      if (!stream) text = reply.body;
      for (const std::string& event :
           stream ? sse_events(reply.body) : std::vector<std::string>()) {
        const auto begin = event.find(R"("delta":{"content":")");
        if (begin != std::string::npos)
          text += event.substr(begin + 20, event.find('"', begin + 20) - begin - 20);
      }
      if (text.find("You said: " + said) == std::string::npos) return text;
    }
    return std::string("right");
  };
  std::vector<std::future<std::string>> clients;
  for (int i = 0; i < 32; ++i) clients.push_back(std::async(std::launch::async, ask, i));
  for (auto& client : clients) EXPECT_EQ(client.get(), "right");
  expect_metric(server, "pincer_active_requests", 1);  // the one that asks
  expect_metric(server, "pincer_connections", 1);
  expect_metric(server, R"(pincer_engine_active{model="fake-model"})", 0);
}

TEST(ManyClientsConcurrency, ThoseThatLeaveAtRandomMomentsLeaveNothingBehind) {
  TestServer server(two_threads());
  server.backend().answer_with(std::string(400, 'y'));
  const auto ask = [&server](unsigned seed) {
    std::mt19937 random(seed);
    TestClient client = server.connect();
    client.post(kChatPath, chat_body(kStream));
    const bool leaves = seed % 4 == 0;
    if (!leaves) {
      const auto events = sse_events(client.read().body);
      return events.back() == "[DONE]";
    }
    if (random() % 2) {
      client.read_head();
      // Tokens that came together are one chunk, so that there may be few.
      for (auto left = random() % 20; left > 0 && !client.read_chunk().empty(); --left) {
      }
    }
    random() % 2 ? client.close() : client.reset();
    return true;
  };
  std::vector<std::future<bool>> clients;
  for (unsigned i = 0; i < 32; ++i) clients.push_back(std::async(std::launch::async, ask, i));
  for (auto& client : clients) EXPECT_TRUE(client.get());
  expect_metric(server, "pincer_active_requests", 1);
  expect_metric(server, "pincer_connections", 1);
  expect_metric(server, R"(pincer_engine_active{model="fake-model"})", 0);
}

TEST(DrainConcurrency, StreamsFinishThenRunReturns) {
  TestServer server(two_threads());
  server.backend().hold();
  TestClient streaming = server.connect(), waiting = server.connect(), idle = server.connect(),
             asks = server.connect();
  idle.get("/health");
  EXPECT_EQ(idle.read().status, 200);
  asks.get("/ready");
  EXPECT_EQ(asks.read().status, 200);
  streaming.post(kChatPath, chat_body(kStream));
  waiting.post(kChatPath, chat_body());
  server.backend().wait_queued(2);

  server.server().drain();
  EXPECT_THROW(
      {
        for (;;) server.connect();  // until the listener is closed
      },
      std::runtime_error);
  asks.get("/ready");
  const Reply not_ready = asks.read();
  EXPECT_EQ(not_ready.status, 503);
  EXPECT_EQ(not_ready.headers.at("connection"), "close");
  EXPECT_TRUE(asks.at_end());
  idle.post(kChatPath, chat_body());
  const Reply refused = idle.read();
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.at("connection"), "close");
  EXPECT_TRUE(refused.headers.contains("retry-after"));

  server.backend().let_go();
  EXPECT_EQ(sse_events(streaming.read().body).back(), "[DONE]");
  EXPECT_EQ(waiting.read().status, 200);
  server.join();
}

TEST(DrainConcurrency, AnIdleServerEndsAtOnce) {
  TestServer server;
  TestClient idle = server.connect();
  idle.get("/health");
  EXPECT_EQ(idle.read().status, 200);
  server.server().drain();
  server.join();
  EXPECT_TRUE(idle.at_end());
}

TEST(DrainConcurrency, WhatTakesTooLongIsCutOff) {
  ServerOptions options = two_threads();
  options.drain_timeout = std::chrono::milliseconds(50);
  TestServer server(options);
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kChatPath, chat_body(kStream));
  server.backend().wait_queued(1);
  server.server().drain();
  server.join();
  server.backend().wait_cancelled(1);
}

TEST(DrainConcurrency, StopCutsOffAtOnce) {
  TestServer server(two_threads());
  server.backend().hold();
  TestClient client = server.connect();
  client.post(kChatPath, chat_body());
  server.backend().wait_queued(1);
  server.server().drain();
  server.server().stop();
  server.join();
  server.backend().wait_cancelled(1);
}

TEST(SignalsConcurrency, TheFirstAsksAndTheSecondInsists) {
  std::promise<void> first, again;
  StopSignals signals([&first] { first.set_value(); }, [&again] { again.set_value(); });
  std::raise(SIGTERM);
  EXPECT_EQ(first.get_future().wait_for(std::chrono::seconds(120)), std::future_status::ready);
  std::raise(SIGINT);
  EXPECT_EQ(again.get_future().wait_for(std::chrono::seconds(120)), std::future_status::ready);
}

TEST(SignalsConcurrency, HangupsAndUserSignalsAreToldApart) {
  std::promise<void> hangup, user1;
  ReloadSignals signals([&hangup] { hangup.set_value(); }, [&user1] { user1.set_value(); });
  std::raise(SIGUSR1);
  EXPECT_EQ(user1.get_future().wait_for(std::chrono::seconds(120)), std::future_status::ready);
  std::raise(SIGHUP);
  EXPECT_EQ(hangup.get_future().wait_for(std::chrono::seconds(120)), std::future_status::ready);
}

}  // namespace
}  // namespace pincer::test
