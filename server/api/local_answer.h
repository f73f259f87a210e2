// An answer that one model of this server makes.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "server/api/answer_source.h"
#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/chat/answer_reader.h"

namespace pincer {

class LocalAnswer final : public AnswerSource {
 public:
  LocalAnswer(const Api& api, Caller& caller);
  ~LocalAnswer() override;
  LocalAnswer(const LocalAnswer&) = delete;
  LocalAnswer& operator=(const LocalAnswer&) = delete;

  asio::awaitable<std::optional<Problem>> start(std::vector<ChatRequest> requests,
                                                int choices) override;
  const Backend& backend() const override { return *backend_; }
  int choices() const override { return static_cast<int>(tracks_.size()); }
  int prompt_tokens() const override { return prompt_tokens_; }
  asio::awaitable<std::optional<AnswerNews>> next() override;
  asio::awaitable<void> release() override;

 private:
  struct Track;
  struct Signals;
  asio::awaitable<std::optional<Problem>> generate(std::vector<ChatRequest> requests, int choices);
  std::optional<AnswerNews> poll();
  AnswerNews read(Track& track, TokenStream::News news);
  void observe(Track& track, std::size_t tokens);

  const Api& api_;
  Caller& caller_;
  std::shared_ptr<Backend> backend_;
  std::shared_ptr<Signals> signals_;
  std::vector<std::unique_ptr<Track>> tracks_;
  int prompt_tokens_ = 0;  // of the first request
  std::size_t turn_ = 0;   // where the next look begins: no choice starves another
  std::size_t ended_ = 0;  // tracks
  bool failed_ = false;
};

}  // namespace pincer
