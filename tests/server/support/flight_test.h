// Flights over three fake upstreams: "cloud" and "other" far away, "local" here.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "server/route/flight.h"
#include "tests/server/support/fake_upstream.h"

namespace pincer::test {

class FlightTest : public ::testing::Test {
 protected:
  FlightTest() {
    config_.retry_budget.min_per_second = 100;
    for (const char* name : {"cloud", "other", "local"}) {
      UpstreamConfig upstream;
      upstream.name = name;
      upstream.kind =
          upstream.name == "local" ? UpstreamConfig::Kind::engine : UpstreamConfig::Kind::openai;
      upstream.retry.max_attempts = 1;
      upstream.retry.backoff_base = upstream.retry.backoff_max = std::chrono::milliseconds(1);
      config_.upstreams.push_back(upstream);
    }
    route_.model = "chat";
    plan_.upstreams = {"cloud", "local"};
    plan_.cause = "fixed";
    request_.model = "chat";
    request_.messages.push_back({.role = "user", .content = "Count to six."});
    request_.max_tokens = 20;
  }

  UpstreamConfig& upstream(const std::string& name) {
    return *std::ranges::find(config_.upstreams, name, &UpstreamConfig::name);
  }
  // The upstreams are made when they are first used; their settings are fixed from then on.
  FakeUpstream& fake(const std::string& name) {
    if (!router_) {
      auto made =
          HybridRouter::make(config_, models_, workers_, [this](const UpstreamConfig& upstream) {
            auto fake = std::make_shared<FakeUpstream>(upstream);
            fakes_[upstream.name] = fake.get();
            return Result<std::shared_ptr<Upstream>>(std::move(fake));
          });
      router_ = std::move(made).value();
    }
    return *fakes_.at(name);
  }

  void fly() {
    fake("local");
    asio::io_context io;
    flight_ =
        std::make_shared<Flight>(router_, route_, plan_, request_, 0, [this](AnswerNews news) {
          for (const AnswerPart& part : news.parts) {
            if (part.kind == AnswerPart::Kind::call) text_ += "<" + part.text + ">";
            if (part.kind != AnswerPart::Kind::call) text_ += part.text;
          }
          if (news.end) end_ = std::move(news.end);
          if (news.problem) problem_ = std::move(news.problem);
        });
    asio::co_spawn(io, Flight::run(flight_), asio::detached);
    io.run();
  }
  const FlightLog& log() { return flight_->log(); }

  asio::thread_pool workers_{1};
  std::shared_ptr<Models> models_ = std::make_shared<Models>();
  RouterConfig config_;
  RouteConfig route_;
  RoutePlan plan_;
  ChatRequest request_;
  std::map<std::string, FakeUpstream*> fakes_;
  std::shared_ptr<HybridRouter> router_;
  std::shared_ptr<Flight> flight_;
  std::string text_;
  std::optional<AnswerEnd> end_;
  std::optional<Problem> problem_;
};

}  // namespace pincer::test
