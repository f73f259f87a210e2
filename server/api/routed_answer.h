// An answer that a route makes: the policy plans, a flight for each choice carries the plan out.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "server/api/answer_source.h"
#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/route/flight.h"

namespace pincer {

class RoutedAnswer final : public AnswerSource {
 public:
  // `route` is one of the router's.
  RoutedAnswer(const Api& api, Caller& caller, std::shared_ptr<HybridRouter> router,
               const RouteConfig& route);
  ~RoutedAnswer() override;
  RoutedAnswer(const RoutedAnswer&) = delete;
  RoutedAnswer& operator=(const RoutedAnswer&) = delete;

  // Returns when there is content, or no upstream is left: until then any failure is a problem
  // with a status of its own.
  asio::awaitable<std::optional<Problem>> start(std::vector<ChatRequest> requests,
                                                int choices) override;
  const Backend& backend() const override { return *identity_; }
  int choices() const override { return static_cast<int>(flights_.size()); }
  int prompt_tokens() const override { return flights_.front()->log().prompt_tokens; }
  asio::awaitable<std::optional<AnswerNews>> next() override;
  bool ready() const override;
  asio::awaitable<void> release() override;

 private:
  struct Inbox;
  std::optional<Problem> check(ChatRequest& request) const;
  asio::awaitable<RoutePlan> plan(const ChatRequest& request, int choices) const;
  void launch(const ChatRequest& request, const RoutePlan& plan, int choices);
  void note_route();
  void note(const AnswerNews& news);
  bool wants_notes() const;
  std::string migration_note(int choice);

  const Api& api_;
  Caller& caller_;
  std::shared_ptr<HybridRouter> router_;
  const RouteConfig& route_;
  std::shared_ptr<const Backend> identity_;
  std::shared_ptr<Inbox> inbox_;
  std::vector<std::shared_ptr<Flight>> flights_;
  std::vector<bool> first_of_prompt_;
  std::vector<std::size_t> migrations_told_;  // of each flight
  RoutePlan plan_;                            // of the first request
  std::size_t ended_ = 0;
  bool failed_ = false;
};

}  // namespace pincer
