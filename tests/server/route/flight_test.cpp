#include "server/route/flight.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/support/flight_test.h"

namespace pincer {
namespace {

using namespace std::chrono_literals;
using test::end_news;
using test::failure_news;
using test::FlightTest;
using test::text_news;
using Clock = std::chrono::steady_clock;
using Kind = UpstreamConfig::Kind;
using Prefill = UpstreamConfig::Prefill;
using Script = test::FakeUpstream::Script;

TEST_F(FlightTest, TheFirstUpstreamAnswers) {
  fake("cloud").answer({{text_news("1 2 "), text_news("3"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "1 2 3");
  ASSERT_TRUE(end_);
  EXPECT_EQ(end_->completion_tokens, 3);
  EXPECT_EQ(log().upstream, "cloud");
  EXPECT_EQ(log().attempts, 1);
  EXPECT_TRUE(fake("local").requests().empty());
}

TEST_F(FlightTest, AnAnswerWithoutAWordHasNoFirstToken) {
  fake("cloud").answer({{end_news()}, {}});
  fly();
  ASSERT_TRUE(end_);
  EXPECT_EQ(log().upstream, "cloud");
  EXPECT_LT(log().first_token_s, 0);
  EXPECT_EQ(router_->member("cloud").first_token(std::chrono::steady_clock::now()), 0);
}

TEST_F(FlightTest, BeforeTheFirstContentTheNextUpstreamAnswersUnnoticed) {
  for (const auto kind :
       {FailureClass::connect, FailureClass::timeout_first, FailureClass::reset,
        FailureClass::garbled, FailureClass::rate, FailureClass::billing, FailureClass::auth,
        FailureClass::server, FailureClass::context_overflow}) {
    router_.reset();
    text_.clear();
    fake("cloud").answer({{failure_news(kind)}, {}});
    fake("local").answer({{text_news("1 2 3"), end_news()}, {}});
    fly();
    EXPECT_EQ(text_, "1 2 3") << name(kind);
    EXPECT_EQ(log().upstream, "local");
    EXPECT_EQ(log().attempts, 2);
    EXPECT_FALSE(fake("local").requests().front().continue_last);
    EXPECT_EQ(router_->metrics().failures.value({"cloud", "chat", std::string(name(kind))}), 1);
  }
}

TEST_F(FlightTest, WhatIsWrongWithTheRequestIsToldAtOnce) {
  fake("cloud").answer(
      {{},
       UpstreamFailure{.kind = FailureClass::refused, .status = 422, .message = "no such tool"}});
  fly();
  ASSERT_TRUE(problem_);
  EXPECT_EQ(problem_->status, 422u);
  EXPECT_EQ(problem_->message, "no such tool");
  EXPECT_TRUE(fake("local").requests().empty());
}

TEST_F(FlightTest, APolicyOfContentIsNotEvaded) {
  fake("cloud").answer({{failure_news(FailureClass::content_policy)}, {}});
  fly();
  EXPECT_TRUE(problem_);
  EXPECT_TRUE(fake("local").requests().empty());
}

TEST_F(FlightTest, ABrokenStreamGoesOnAtTheLocalModel) {
  request_.start_by = Clock::now() + 1h;
  fake("cloud").answer(
      {{text_news("1 2 "), text_news("3"), failure_news(FailureClass::reset)}, {}});
  fake("local").answer({{text_news(" 4"), text_news(" 5 6"), end_news(14, 2)}, {}});
  fly();
  EXPECT_EQ(text_, "1 2 3 4 5 6");
  const ChatRequest& rest = fake("local").requests().front();
  EXPECT_TRUE(rest.continue_last);
  EXPECT_EQ(rest.messages.back().role, "assistant");
  EXPECT_EQ(rest.messages.back().content, "1 2 3");
  EXPECT_EQ(rest.max_tokens, 18);
  EXPECT_EQ(rest.start_by, Clock::time_point::max()) << "its turn was in time";
  ASSERT_TRUE(end_);
  EXPECT_EQ(end_->completion_tokens, 4) << "of both";
  ASSERT_EQ(log().migrations.size(), 1u);
  EXPECT_EQ(log().migrations[0].from, "cloud");
  EXPECT_EQ(log().migrations[0].to, "local");
  EXPECT_EQ(log().migrations[0].at_tokens, 2);
  EXPECT_EQ(log().upstream, "local");
  EXPECT_EQ(router_->metrics().migrations.value({"cloud", "local", "done"}), 1);
}

TEST_F(FlightTest, ABrokenStreamGoesOnInTheCloudWhereItTakesAnOpenTurn) {
  plan_.upstreams = {"local", "other", "cloud"};
  upstream("cloud").prefill = Prefill::prefix;
  fake("local").answer({{text_news("1 2 3"), failure_news(FailureClass::server)}, {}});
  // It repeats what it was to go on from.
  fake("cloud").answer({{text_news("1 2"), text_news(" 3 4"), end_news()}, {}});
  fly();
  EXPECT_TRUE(fake("other").requests().empty()) << "it cannot go on";
  EXPECT_EQ(text_, "1 2 31 2 3 4") << "five bytes are too few to call an echo";
}

TEST_F(FlightTest, AnEchoIsTakenOff) {
  plan_.upstreams = {"local", "cloud"};
  upstream("cloud").prefill = Prefill::prefix;
  fake("local").answer({{text_news("one two three four"), failure_news(FailureClass::server)}, {}});
  fake("cloud").answer({{text_news("one two th"), text_news("ree four five"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "one two three four five");
}

TEST_F(FlightTest, WhatCannotGoOnEndsWithAnError) {
  plan_.upstreams = {"local", "cloud"};
  fake("local").answer({{text_news("1 2"), failure_news(FailureClass::server)}, {}});
  fly();
  EXPECT_EQ(text_, "1 2");
  EXPECT_FALSE(end_);
  ASSERT_TRUE(problem_);
  EXPECT_EQ(problem_->status, 503u);
  EXPECT_EQ(router_->metrics().migrations.value({"local", "", "ended"}), 1);
}

TEST_F(FlightTest, GoingOnCanBeSwitchedOff) {
  route_.stream_failure.go_on = false;
  fake("cloud").answer({{text_news("1 2"), failure_news(FailureClass::reset)}, {}});
  fly();
  EXPECT_TRUE(problem_);
  EXPECT_TRUE(fake("local").requests().empty());
}

TEST_F(FlightTest, AnOpenCallGoesOnAtTheEngineOnly) {
  UpstreamNews call;
  call.parts = {{AnswerPart::Kind::call, "weather", "call_1"},
                {AnswerPart::Kind::arguments, R"({"city":"Pa)", {}}};
  call.tokens = 6;
  UpstreamNews rest;
  rest.parts = {{AnswerPart::Kind::arguments, R"(ris"})", {}}};
  plan_.upstreams = {"cloud", "other", "local"};
  upstream("other").prefill = Prefill::continued;
  fake("cloud").answer({{call, failure_news(FailureClass::timeout_idle)}, {}});
  fake("local").answer({{rest, end_news()}, {}});
  fly();
  EXPECT_EQ(text_, R"(<weather>{"city":"Paris"})");
  EXPECT_TRUE(fake("other").requests().empty());
  const Message& open = fake("local").requests().front().messages.back();
  ASSERT_EQ(open.tool_calls.size(), 1u);
  EXPECT_EQ(open.tool_calls[0].arguments, R"({"city":"Pa)");
}

TEST_F(FlightTest, TheSameUpstreamIsTriedAgainAfterTheOthers) {
  plan_.upstreams = {"cloud"};
  upstream("cloud").retry.max_attempts = 2;
  fake("cloud").answer({{failure_news(FailureClass::server)}, {}});
  fake("cloud").answer({{text_news("1"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "1");
  EXPECT_EQ(log().attempts, 2);
}

TEST_F(FlightTest, WithoutRetryBudgetNothingRemoteIsTriedAgain) {
  config_.retry_budget = {.ratio = 0, .min_per_second = 0};
  plan_.upstreams = {"cloud", "other", "local"};
  fake("cloud").answer({{failure_news(FailureClass::server)}, {}});
  fake("other").answer({{text_news("other"), end_news()}, {}});
  fake("local").answer({{text_news("local"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "local");
}

TEST_F(FlightTest, AnOpenBreakerIsPassedOver) {
  config_.upstreams[0].breaker.consecutive_errors = 1;
  fake("cloud").answer({{failure_news(FailureClass::server)}, {}});
  fake("local").answer({{text_news("1"), end_news()}, {}});
  fly();
  fake("local").answer({{text_news("2"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "12");
  EXPECT_EQ(fake("cloud").requests().size(), 1u);
  plan_.upstreams = {"cloud"};
  fly();
  ASSERT_TRUE(problem_);
  EXPECT_EQ(problem_->status, 429u);
  EXPECT_GE(problem_->retry_after_seconds, 1);
}

UpstreamNews unsure(std::string text, double margin) {
  UpstreamNews news = text_news(std::move(text));
  const double first = (1 + margin) / 2;
  GeneratedToken token;
  token.id = 1;
  token.logprobs.chosen = static_cast<float>(std::log(first));
  token.logprobs.top = {{1, token.logprobs.chosen}, {2, static_cast<float>(std::log(1 - first))}};
  news.generated.push_back(token);
  return news;
}

TEST_F(FlightTest, ACascadeShowsNothingBeforeItIsSure) {
  plan_.upstreams = {"local", "cloud"};
  plan_.cascade = true;
  route_.policy.probe_tokens = 2;
  route_.policy.escalate_below = 0.5;
  fake("local").answer({{unsure("It ", 0.9), unsure("is", 0.8), text_news(" 4"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "It is 4");
  EXPECT_FALSE(log().escalated);

  text_.clear();
  fake("local").answer({{unsure("May", 0.2), unsure("be", 0.1), text_news("!"), end_news()}, {}});
  fake("cloud").answer({{text_news("It is 42"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "It is 42");
  EXPECT_TRUE(log().escalated);
  EXPECT_EQ(log().upstream, "cloud");
  EXPECT_TRUE(fake("local").requests().back().want_logprobs);
  EXPECT_FALSE(fake("cloud").requests().back().want_logprobs);
  EXPECT_EQ(router_->metrics().escalations.value({"chat"}), 1);
}

TEST_F(FlightTest, ACascadesShortAnswerIsJudgedAtItsEnd) {
  plan_.upstreams = {"local", "cloud"};
  plan_.cascade = true;
  fake("local").answer({{unsure("No", 0.9), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "No");
  EXPECT_TRUE(end_);
}

TEST_F(FlightTest, CostsAreThoseOfTheUpstreams) {
  upstream("cloud").price = {.input = 1, .cached_input = 0.5, .output = 10};
  fake("cloud").answer({{text_news("1"), end_news(1000, 200)}, {}});
  fly();
  EXPECT_NEAR(log().cost_usd, 0.003, 1e-9);
}

TEST_F(FlightTest, TheVerySameRequestsAnswerIsTheLastResort) {
  plan_.upstreams = {"cloud", "cache"};
  fake("cloud").answer({{text_news("1 2 3"), end_news()}, {}});
  fly();
  text_.clear();
  fake("cloud").answer({{failure_news(FailureClass::server)}, {}});
  fly();
  EXPECT_EQ(text_, "1 2 3");
  EXPECT_EQ(log().upstream, "cache");
  text_.clear();
  request_.messages.back().content = "Count to seven.";
  fake("cloud").answer({{failure_news(FailureClass::server)}, {}});
  fly();
  EXPECT_EQ(text_, "");
  EXPECT_TRUE(problem_);
}

// Also where a detector fails: guard() errs in both cases (guard_test.cpp).
TEST_F(FlightTest, WhatCannotBeMadePrivateStaysHere) {
  route_.privacy.enabled = true;
  config_.routes = {route_};
  request_.format = OutputFormat{OutputFormat::Kind::regex, "ann@mail.org"};
  fake("local").answer({{text_news("1 2 3"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "1 2 3");
  EXPECT_TRUE(fake("cloud").requests().empty());
  text_.clear();
  plan_.upstreams = {"cloud"};
  fly();
  EXPECT_EQ(text_, "");
  ASSERT_TRUE(problem_);
  EXPECT_NE(problem_->message.find("cannot leave"), std::string::npos) << problem_->message;
  EXPECT_TRUE(fake("cloud").requests().empty());
}

TEST_F(FlightTest, NobodyIsToldAfterTheClientLeft) {
  fake("cloud").answer({{text_news("1"), end_news()}, {}});
  asio::io_context io;
  const auto flight = std::make_shared<Flight>(router_, route_, plan_, request_, 0,
                                               [](AnswerNews) { FAIL() << "news"; });
  asio::co_spawn(io, Flight::run(flight), asio::detached);
  flight->cancel();
  io.run();
  EXPECT_TRUE(fake("local").requests().empty());
}

class FlightOfCanary : public FlightTest {
 protected:
  FlightOfCanary() {
    route_.canary.target = "cloud";
    route_.canary.baseline = "local";
    route_.canary.weight = 10;
    config_.routes = {route_};
    plan_.lot = CanaryLot{.canary = true, .weight = 0.1};
  }
  CanaryStatus status() { return router_->canary(route_)->status(); }
};

TEST_F(FlightOfCanary, ItsFailureCountsThoughTheBaselineAnswered) {
  fake("cloud").answer({{failure_news(FailureClass::server)}, {}});
  fake("local").answer({{text_news("1 2 3"), end_news()}, {}});
  fly();
  EXPECT_EQ(text_, "1 2 3");
  EXPECT_EQ(status().requests, 1);
  EXPECT_EQ(status().guards[0].canary, 1);
}

TEST_F(FlightOfCanary, ItsAnswerCounts) {
  fake("cloud").answer({{text_news("1 2 3"), end_news()}, {}});
  fly();
  EXPECT_EQ(status().requests, 1);
  EXPECT_EQ(status().guards[0].canary, 0);
  EXPECT_GT(status().guards[1].canary, 0);  // seconds to the first token
  EXPECT_EQ(status().guards[2].canary, 3);  // tokens
}

TEST_F(FlightOfCanary, AnAnswerWithoutAWordCountsAsOneAndIsNotSlow) {
  fake("cloud").answer({{end_news(14, 0)}, {}});
  fly();
  EXPECT_EQ(status().requests, 1);
  EXPECT_EQ(status().guards[1].canary, 0);
  EXPECT_EQ(status().guards[2].canary, 0);
}

TEST_F(FlightOfCanary, WhatARequestHasWrongIsNotItsFault) {
  fake("cloud").answer({{failure_news(FailureClass::context_overflow)}, {}});
  fake("local").answer({{text_news("1 2 3"), end_news()}, {}});
  fly();
  EXPECT_EQ(status().guards[0].canary, 0);
}

TEST_F(FlightOfCanary, AShadowIsAskedAndComparedUnseen) {
  route_.canary.shadow = 100;
  route_.canary.min_agreement = 0.5;
  config_.routes = {route_};
  request_.sampling.temperature = 0;
  plan_.lot.reset();
  plan_.upstreams = {"local"};
  fake("local").answer({{text_news("1 2 3"), end_news()}, {}});
  fake("cloud").answer({{text_news("1 2 4"), end_news()}, {}});
  fly();
  workers_.join();
  EXPECT_EQ(text_, "1 2 3");
  EXPECT_EQ(status().shadows, 1);
  EXPECT_NEAR(status().guards[3].canary, 0.8, 1e-9);
}

// Drawn answers, too: what is compared is what the models hold likely.
TEST_F(FlightOfCanary, AShadowOfAnEngineIsComparedByItsProbabilities) {
  upstream("other").kind = Kind::engine;
  route_.canary.target = "other";
  route_.canary.shadow = 100;
  route_.canary.min_agreement = 0.5;
  config_.routes = {route_};
  request_.sampling.temperature = 1;
  plan_.lot.reset();
  plan_.upstreams = {"local"};
  const auto news_of = [](const char* text, std::vector<TokenLogprob> top) {
    UpstreamNews news = text_news(text);
    news.generated = {{.id = top.front().token, .logprobs = {.chosen = 0, .top = std::move(top)}}};
    return news;
  };
  const auto half = static_cast<float>(std::log(0.5));
  fake("local").answer({{news_of("1", {{1, half}, {2, half}}), end_news()}, {}});
  fake("other").answer({{news_of("3", {{3, half}, {2, half}}), end_news()}, {}});
  fly();
  workers_.join();
  for (const char* name : {"local", "other"}) {
    EXPECT_TRUE(fake(name).requests().front().want_logprobs);
    EXPECT_GE(fake(name).requests().front().top_logprobs, 5);
  }
  EXPECT_EQ(status().shadows, 1);
  EXPECT_NEAR(status().guards[3].canary, 0.5, 1e-6);
}

TEST_F(FlightOfCanary, NoShadowOfWhatMayNotLeave) {
  route_.canary.shadow = 100;
  config_.routes = {route_};
  plan_.lot.reset();
  plan_.upstreams = {"local"};
  plan_.fail_closed = true;
  fake("local").answer({{text_news("1 2 3"), end_news()}, {}});
  fly();
  workers_.join();
  EXPECT_TRUE(fake("cloud").requests().empty());
}

}  // namespace
}  // namespace pincer
