// An upstream that says what the test tells it to.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/upstream/upstream.h"

namespace pincer::test {

class FakeUpstream final : public Upstream {
 public:
  // What one request is answered with, news after news; the last one ends or fails. `refusal`: it
  // is not accepted at all.
  struct Script {
    std::vector<UpstreamNews> news;
    std::optional<UpstreamFailure> refusal;
  };

  explicit FakeUpstream(UpstreamConfig config) : config_(std::move(config)) {}

  const UpstreamConfig& config() const override { return config_; }
  void answer(Script script) { scripts_.push_back(std::move(script)); }
  const std::vector<ChatRequest>& requests() const { return requests_; }

  asio::awaitable<StartedStream> start(ChatRequest request,
                                       std::shared_ptr<StartWatch> watch) override {
    if (watch->leaving)
      watch->leaving(request.messages.empty() ? "" : request.messages.back().content);
    requests_.push_back(std::move(request));
    if (scripts_.empty())
      co_return UpstreamFailure{.kind = FailureClass::connect, .message = "no script is left"};
    Script script = std::move(scripts_.front());
    scripts_.pop_front();
    if (script.refusal) co_return *std::move(script.refusal);
    co_return std::make_unique<Stream>(std::move(script.news));
  }

 private:
  class Stream final : public UpstreamStream {
   public:
    explicit Stream(std::vector<UpstreamNews> news) : news_(std::move(news)) {}
    asio::awaitable<UpstreamNews> next() override {
      if (next_ < news_.size()) co_return std::move(news_[next_++]);
      UpstreamNews silent;
      silent.failure = UpstreamFailure{.kind = FailureClass::reset, .message = "it broke"};
      co_return silent;
    }
    void cancel() override { next_ = news_.size(); }

   private:
    std::vector<UpstreamNews> news_;
    std::size_t next_ = 0;
  };

  UpstreamConfig config_;
  std::deque<Script> scripts_;
  std::vector<ChatRequest> requests_;
};

inline UpstreamNews text_news(std::string text) {
  UpstreamNews news;
  news.parts.push_back({AnswerPart::Kind::text, std::move(text), {}});
  news.tokens = 1;
  return news;
}

inline UpstreamNews end_news(int prompt_tokens = 10, int completion_tokens = 3) {
  UpstreamNews news;
  news.end.emplace();
  news.end->usage.prompt_tokens = prompt_tokens;
  news.end->usage.completion_tokens = completion_tokens;
  return news;
}

inline UpstreamNews failure_news(FailureClass kind, std::string message = "it failed") {
  UpstreamNews news;
  news.failure = UpstreamFailure{.kind = kind, .message = std::move(message)};
  return news;
}

}  // namespace pincer::test
