#include "server/api/routed_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <chrono>
#include <utility>

#include "server/api/find_model.h"
#include "server/api/request_terms.h"
#include "server/http/doorbell.h"
#include "server/route/features.h"
#include "server/route/route_identity.h"

namespace pincer {
namespace {

using Clock = std::chrono::steady_clock;

std::shared_ptr<const Backend> local_model(const Models& models, const HybridRouter& router,
                                           const RouteConfig& route) {
  const auto name = router.engine_model(route);
  auto entry = name ? models.find(*name) : std::nullopt;
  return entry ? std::move(entry->backend) : nullptr;
}

// Whether a rule looks at what detectors find: else they are only asked when something leaves.
bool asks_for_classes(const RouteConfig& route) {
  return std::ranges::any_of(route.policy.rules, [](const RouteRule& rule) {
    return rule.when.find("private_classes") != std::string::npos;
  });
}

}  // namespace

// What the flights bring; they may be on their way still when the answer is gone.
struct RoutedAnswer::Inbox {
  explicit Inbox(const asio::any_io_executor& executor) : bell(executor) {}
  std::deque<AnswerNews> news;
  Doorbell bell;
};

RoutedAnswer::RoutedAnswer(const Api& api, Caller& caller, std::shared_ptr<HybridRouter> router,
                           const RouteConfig& route)
    : api_(api),
      caller_(caller),
      router_(std::move(router)),
      route_(route),
      identity_(make_route_identity(route.model, local_model(*api.models, *router_, route))),
      inbox_(std::make_shared<Inbox>(caller.executor())) {}

RoutedAnswer::~RoutedAnswer() {
  for (const auto& flight : flights_) flight->cancel();
  inbox_->bell.disconnect();
}

std::optional<Problem> RoutedAnswer::check(ChatRequest& request) const {
  if (caller_.account() != nullptr) {
    if (auto problem = caller_.account()->check_model(route_.model)) return problem;
  }
  return set_terms(request, *api_.site.limits(), caller_);
}

asio::awaitable<RoutePlan> RoutedAnswer::plan(const ChatRequest& request, int choices) const {
  RouteFeatures features = route_features(request, choices, Clock::now());
  features.wanted_upstream = caller_.header("x-pincer-upstream");
  features.session = caller_.header("x-pincer-session");
  features.canary = caller_.header("x-pincer-canary");
  features.local_only = caller_.header("x-pincer-privacy") == "local_only";
  const Privacy* privacy = asks_for_classes(route_) ? router_->privacy(route_) : nullptr;
  if (privacy != nullptr) {
    FoundClasses found = co_await find_private(request, *privacy, api_.workers);
    features.private_classes = std::move(found.names);
    features.local_only = features.local_only || found.failed;
  }
  co_return router_->plan(route_, features, request.client);
}

void RoutedAnswer::launch(const ChatRequest& request, const RoutePlan& plan, int choices) {
  for (int i = 0; i < choices; ++i) {
    ChatRequest own = request;
    own.sampling.seed += static_cast<std::uint64_t>(i);
    flights_.push_back(std::make_shared<Flight>(router_, route_, plan, std::move(own),
                                                static_cast<int>(flights_.size()),
                                                [inbox = inbox_](AnswerNews news) {
                                                  inbox->news.push_back(std::move(news));
                                                  inbox->bell.ring();
                                                }));
    first_of_prompt_.push_back(i == 0);
    migrations_told_.push_back(0);
  }
}

asio::awaitable<std::optional<Problem>> RoutedAnswer::start(std::vector<ChatRequest> requests,
                                                            int choices) {
  caller_.watch([inbox = inbox_] { inbox->bell.ring(); });
  caller_.record().model = route_.model;
  for (ChatRequest& request : requests) {
    if (auto problem = check(request)) co_return problem;
  }
  for (const ChatRequest& request : requests) {
    RoutePlan plan = co_await this->plan(request, choices);
    launch(request, plan, choices);
    if (flights_.size() == static_cast<std::size_t>(choices)) plan_ = std::move(plan);
  }
  for (const auto& flight : flights_)
    asio::co_spawn(caller_.executor(), Flight::run(flight), asio::detached);
  while (inbox_->news.empty() && !caller_.left()) co_await inbox_->bell.wait();
  if (caller_.left()) co_return caller_left();
  note_route();
  // A model that was loaded for this answer was not there when its tokens were asked for.
  identity_ = make_route_identity(route_.model, local_model(*api_.models, *router_, route_));
  if (inbox_->news.front().problem) {
    failed_ = true;
    co_return std::move(inbox_->news.front().problem);
  }
  co_return std::nullopt;
}

void RoutedAnswer::note_route() {
  const FlightLog& log = flights_.front()->log();
  caller_.record().upstream = log.upstream;
  caller_.add_header("x-pincer-upstream", log.upstream);
  caller_.add_header("x-pincer-decision-cause", log.escalated ? "cascade" : plan_.cause);
  caller_.add_header("x-pincer-attempts", std::to_string(log.attempts));
}

asio::awaitable<std::optional<AnswerNews>> RoutedAnswer::next() {
  while (!caller_.left() && !failed_ && ended_ < flights_.size()) {
    if (inbox_->news.empty()) {
      co_await inbox_->bell.wait();
      continue;
    }
    AnswerNews news = std::move(inbox_->news.front());
    inbox_->news.pop_front();
    note(news);
    if (wants_notes()) news.note = migration_note(news.choice);
    co_return news;
  }
  co_return std::nullopt;
}

bool RoutedAnswer::ready() const { return !inbox_->news.empty(); }

bool RoutedAnswer::wants_notes() const {
  return route_.stream_failure.marker || caller_.header("x-pincer-markers") == "1";
}

// Of the last one that was not told yet; empty: there is none.
std::string RoutedAnswer::migration_note(int choice) {
  const auto i = static_cast<std::size_t>(choice);
  const std::vector<Migration>& all = flights_[i]->log().migrations;
  if (std::exchange(migrations_told_[i], all.size()) == all.size()) return {};
  const Migration& last = all.back();
  return fmt::format("pincer-migrated from={} to={} at={}", last.from, last.to, last.at_tokens);
}

void RoutedAnswer::note(const AnswerNews& news) {
  RequestRecord& record = caller_.record();
  if (!news.parts.empty()) {
    const auto waited = std::chrono::duration<double>(Clock::now() - caller_.asked()).count();
    if (record.first_token_s < 0) api_.site.metrics.first_token.observe(waited);
    record.tokens_arrived(0, waited);
  }
  failed_ = news.problem.has_value();
  if (!news.end) return;
  ++ended_;
  const bool first = first_of_prompt_[static_cast<std::size_t>(news.choice)];
  record.output_tokens += news.end->completion_tokens;
  record.add(news.end->finish, first);
  const FlightLog& log = flights_[static_cast<std::size_t>(news.choice)]->log();
  record.upstream = log.upstream;
  if (caller_.account() != nullptr) {
    caller_.account()->spend((first ? news.end->finish.prompt_tokens : 0) +
                             news.end->completion_tokens);
  }
}

asio::awaitable<void> RoutedAnswer::release() {
  co_await caller_.unwatch();
  if (caller_.left()) api_.site.metrics.clients_left.fetch_add(1);
}

}  // namespace pincer
