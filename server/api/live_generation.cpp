#include "server/api/live_generation.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

namespace pincer {
namespace {

asio::awaitable<Result<void>> generate(std::shared_ptr<Backend> backend, ChatRequest request,
                                       std::shared_ptr<TokenStream> stream) {
  co_return backend->generate(std::move(request), std::move(stream));
}

}  // namespace

LiveGeneration::LiveGeneration(Exchange& exchange)
    : exchange_(exchange),
      doorbell_(std::make_shared<Doorbell>(exchange.wire()->executor())),
      stream_(std::make_shared<TokenStream>([bell = doorbell_] { bell->ring(); })) {}

LiveGeneration::~LiveGeneration() {
  if (!finished_) stream_->cancel();
  doorbell_->disconnect();
}

asio::awaitable<Result<void>> LiveGeneration::start(std::shared_ptr<Backend> backend,
                                                    ChatRequest request,
                                                    asio::thread_pool& workers) {
  const Limits& limits = exchange_.limits();
  watch_ = ClientWatch::start(exchange_.wire(), limits.header_bytes + limits.body_bytes,
                              [stream = stream_, bell = doorbell_] {
                                stream->cancel();
                                bell->ring();
                              });
  auto task = generate(std::move(backend), std::move(request), stream_);
  Result<void> started =
      co_await asio::co_spawn(workers.get_executor(), std::move(task), asio::use_awaitable);
  if (!started) finished_ = true;
  co_return started;
}

asio::awaitable<std::optional<TokenStream::News>> LiveGeneration::next() {
  while (!client_left()) {
    TokenStream::News news = stream_->drain();
    if (news.finish) finished_ = true;
    if (news.finish || !news.tokens.empty()) co_return std::move(news);
    co_await doorbell_->wait();
  }
  co_return std::nullopt;
}

asio::awaitable<void> LiveGeneration::release() {
  if (watch_) co_await watch_->stop();
}

}  // namespace pincer
