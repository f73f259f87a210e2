#include "server/route/shadow.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/strand.hpp>
#include <utility>

#include "server/route/flight.h"

namespace pincer {
namespace {

constexpr std::size_t kCompared =
    256;  // bytes: where they part, two answers say different things from there on
constexpr int kMostShadows = 2;

struct Shadow {
  std::shared_ptr<HybridRouter> router;
  const RouteConfig& route;
  ChatRequest request;
  std::string answer;     // of the baseline
  std::string text = {};  // of the canary, so far
  bool whole = false;
};

asio::awaitable<void> fly_shadow(std::shared_ptr<Shadow> shadow) {
  RoutePlan plan;
  plan.upstreams = {shadow->route.canary.target};
  plan.cause = "shadow";
  const bool comparable = shadow->request.sampling.temperature == 0;
  auto sink = [shadow](const AnswerNews& news) {
    for (const AnswerPart& part : news.parts) {
      if (part.kind == AnswerPart::Kind::text) shadow->text += part.text;
    }
    shadow->whole = shadow->whole || news.end.has_value();
  };
  auto flight = std::make_shared<Flight>(shadow->router, shadow->route, std::move(plan),
                                         std::move(shadow->request), 0, std::move(sink));
  co_await Flight::run(flight);
  if (shadow->whole && comparable)
    shadow->router->note_agreement(shadow->route, agreement(shadow->text, shadow->answer));
  --shadow->router->shadows;
}

}  // namespace

double agreement(std::string_view a, std::string_view b) {
  a = a.substr(0, kCompared);
  b = b.substr(0, kCompared);
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer == 0) return 1;
  const auto [end, other] = std::ranges::mismatch(a, b);
  return static_cast<double>(end - a.begin()) / static_cast<double>(longer);
}

void start_shadow(const std::shared_ptr<HybridRouter>& router, const RouteConfig& route,
                  ChatRequest request, std::string answer) {
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
