// One choice's way through a plan: upstream after upstream until one has answered, over the middle
// of a stream if it must. The client sees one answer.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/chat/answer_news.h"
#include "server/route/continuation.h"
#include "server/route/hybrid_router.h"
#include "server/route/plan.h"
#include "server/route/shadow.h"
#include "server/route/standby.h"

namespace pincer {

struct Migration {
  std::string from, to;
  int at_tokens = 0;    // that the client had
  double gap_s = 0;     // from the last content of one to the first of the other
  std::string failure;  // FailureClass's name
};

// What became of it.
struct FlightLog {
  std::string upstream;  // that answered, or that answers now
  int attempts = 0;
  bool escalated = false;  // a cascade went on to its second upstream
  std::vector<Migration> migrations;
  double cost_usd = 0;  // of all attempts, as far as is known
  double first_token_s = -1;
  int prompt_tokens = 0;  // as the first upstream that answered knew then; 0: it did not
};

// Belongs to one executor.
class Flight : public std::enable_shared_from_this<Flight> {
 public:
  // News arrives on the executor; the last has an end or a problem.
  using Sink = std::function<void(AnswerNews)>;

  Flight(std::shared_ptr<HybridRouter> router, const RouteConfig& route, RoutePlan plan,
         ChatRequest request, int choice, Sink sink);

  static asio::awaitable<void> run(std::shared_ptr<Flight> self);
  // The client left: no news comes any more.
  void cancel();

  const FlightLog& log() const { return log_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Outcome { done, escalate, failed, skipped };

  asio::awaitable<void> fly();
  asio::awaitable<Outcome> leg(Member& member, bool probing);
  asio::awaitable<Outcome> listen(Member& member, bool probing, Clock::time_point sent);
  asio::awaitable<void> back_off(const Member& member);
  asio::awaitable<bool> prepare(Member& member, bool probing, ChatRequest& request);
  std::optional<std::string> next_upstream();
  bool answer_from_cache();
  bool may_go_on(const Member& member);
  Outcome fail(Member& member, Breaker::Permit& permit, UpstreamFailure failure);
  void note_first_token(Member& member, Clock::time_point sent);
  void commit(Member& member);
  void deliver(Member& member, UpstreamNews news, Clock::time_point sent);
  void finish(Member& member, UpstreamEnd end);
  void account(Member& member, const UpstreamUsage& usage);
  void give_up();
  void note_canary(int answer_tokens);
  bool draw_shadow() const;
  void cast_shadow();
  std::shared_ptr<Standby> make_standby(const Member& streaming, asio::any_io_executor executor);

  std::shared_ptr<HybridRouter> router_;
  const RouteConfig& route_;
  RoutePlan plan_;
  ChatRequest request_;
  int choice_;
  Sink sink_;
  FlightLog log_;
  std::vector<std::string> ahead_;  // upstreams to try, the next one first
  std::map<std::string, int> attempts_;
  Continuation written_;                    // what the client has
  std::optional<UpstreamFailure> failure_;  // the last one
  std::string broke_at_;                    // the upstream of a break that nobody went on from yet
  Clock::time_point last_content_;
  std::shared_ptr<StartWatch> watch_;  // of the attempt in progress, as the two that follow
  std::unique_ptr<UpstreamStream> stream_;
  std::unique_ptr<Disguise> disguise_;
  std::shared_ptr<Standby> standby_;  // reads along with it; null: none does
  // If a shadow is to be cast; its tokens, where the upstream that answers is an engine.
  std::optional<ShadowedAnswer> shadowed_;
  int leg_tokens_ = 0;         // that the attempt in progress has brought
  bool first_failed_ = false;  // the first attempt, by a fault of its upstream
  bool committed_ = false, cancelled_ = false;
};

}  // namespace pincer
