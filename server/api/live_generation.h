// One generation on behalf of a client: wakes the request's coroutine when there is news, and ends
// when the client leaves.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>

#include "pincer/server/backend.h"
#include "server/http/client_watch.h"
#include "server/http/doorbell.h"
#include "server/http/exchange.h"

namespace pincer {

// Belongs to the exchange's executor.
class LiveGeneration {
 public:
  explicit LiveGeneration(Exchange& exchange);
  ~LiveGeneration();  // cancels the generation if it is not finished
  LiveGeneration(const LiveGeneration&) = delete;
  LiveGeneration& operator=(const LiveGeneration&) = delete;

  // Backend::generate on one of `workers`. From here on the client is watched.
  asio::awaitable<Result<void>> start(std::shared_ptr<Backend> backend, ChatRequest request,
                                      asio::thread_pool& workers);
  // All tokens that have arrived since the last call, at least one of them or the finish; nothing
  // if the client left.
  asio::awaitable<std::optional<TokenStream::News>> next();
  // Asks for an early end; a finish still arrives.
  void cancel() { stream_->cancel(); }
  bool client_left() const { return watch_ && watch_->left(); }
  // Ends the watch: to be awaited before the exchange is over.
  asio::awaitable<void> release();

 private:
  Exchange& exchange_;
  std::shared_ptr<Doorbell> doorbell_;
  std::shared_ptr<TokenStream> stream_;
  std::shared_ptr<ClientWatch> watch_;
  bool finished_ = false;
};

}  // namespace pincer
