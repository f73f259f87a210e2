#include "server/api/answer.h"

#include <utility>

#include "server/api/find_model.h"
#include "server/api/local_answer.h"
#include "server/api/routed_answer.h"
#include "server/route/hybrid_router.h"

namespace pincer {

Answer::Answer(const Api& api, Caller& caller) : api_(api), caller_(caller) {}

asio::awaitable<std::optional<Problem>> Answer::start(ChatRequest request, int choices) {
  std::vector<ChatRequest> requests;
  requests.push_back(std::move(request));
  co_return co_await start(std::move(requests), choices);
}

asio::awaitable<std::optional<Problem>> Answer::start(std::vector<ChatRequest> requests,
                                                      int choices) {
  for (ChatRequest& request : requests) {
    if (auto problem = complete_model_name(*api_.models, request.model)) co_return problem;
  }
  std::shared_ptr<HybridRouter> router = api_.router.get();
  const RouteConfig* route = router ? router->find(requests.front().model) : nullptr;
  if (route != nullptr) {
    source_ = std::make_unique<RoutedAnswer>(api_, caller_, std::move(router), *route);
  } else {
    source_ = std::make_unique<LocalAnswer>(api_, caller_);
  }
  co_return co_await source_->start(std::move(requests), choices);
}

asio::awaitable<std::optional<AnswerNews>> Answer::next() { return source_->next(); }

asio::awaitable<void> Answer::release() {
  if (source_) co_await source_->release();
}

}  // namespace pincer
