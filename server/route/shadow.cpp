#include "server/route/shadow.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

#include "server/canary/agreement.h"
#include "server/route/flight.h"

namespace pincer {
namespace {

constexpr int kMostShadows = 2;

struct Shadow {
  std::shared_ptr<HybridRouter> router;
  const RouteConfig& route;
  ChatRequest request;
  ShadowedAnswer baseline;
  ShadowedAnswer canary = {};  // so far
  bool whole = false;
};

asio::awaitable<void> fly_shadow(std::shared_ptr<Shadow> shadow) {
  RoutePlan plan;
  plan.upstreams = {shadow->route.canary.target};
  plan.cause = "shadow";
  const bool drawn = shadow->request.sampling.temperature != 0;
  const UpstreamConfig& target = shadow->router->member(shadow->route.canary.target).config();
  const bool by_logits =
      !shadow->baseline.tokens.empty() && target.kind == UpstreamConfig::Kind::engine;
  if (by_logits) ask_for_rivals(shadow->request);
  auto sink = [shadow](const AnswerNews& news) {
    for (const AnswerPart& part : news.parts) {
      if (part.kind == AnswerPart::Kind::text) shadow->canary.text += part.text;
    }
    keep_compared(shadow->canary.tokens, news.tokens);
    shadow->whole = shadow->whole || news.end.has_value();
  };
  auto flight = std::make_shared<Flight>(shadow->router, shadow->route, std::move(plan),
                                         std::move(shadow->request), 0, std::move(sink));
  co_await Flight::run(flight);
  if (shadow->whole && by_logits) {
    shadow->router->note_agreement(
        shadow->route, logit_agreement(shadow->baseline.tokens, shadow->canary.tokens, drawn));
  } else if (shadow->whole && !drawn) {
    shadow->router->note_agreement(shadow->route,
                                   text_agreement(shadow->baseline.text, shadow->canary.text));
  }
  --shadow->router->shadows;
}

}  // namespace

void start_shadow(const std::shared_ptr<HybridRouter>& router, const RouteConfig& route,
                  ChatRequest request, ShadowedAnswer answer) {
  if (router->remaining_usd(request.client) == 0) return;
  if (router->shadows.fetch_add(1) >= kMostShadows) {
    --router->shadows;
    return;
  }
  std::shared_ptr<Shadow> shadow(new Shadow{router, route, std::move(request), std::move(answer)});
  asio::co_spawn(asio::make_strand(router->workers().get_executor()), fly_shadow(std::move(shadow)),
                 asio::detached);
}

}  // namespace pincer
