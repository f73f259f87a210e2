// The engine reads along while a cloud streams, so that it goes on at once where the cloud breaks.
#pragma once

#include <memory>

#include "pincer/server/chat_request.h"
#include "server/route/continuation.h"
#include "server/route/hybrid_router.h"

namespace pincer {

// What is read stays in the engine's prefix cache while there is room, so that the request that
// goes on from there computes little more than the last words. One reading at a time, behind all
// requests of clients, with one token of an answer that nobody sees. Belongs to one executor.
class Standby : public std::enable_shared_from_this<Standby> {
 public:
  // `member` is an upstream of this machine.
  Standby(std::shared_ptr<HybridRouter> router, Member& member, ChatRequest request,
          asio::any_io_executor executor);

  // Reads what `written` adds to the request, if that is much since the last time.
  void follow(const Continuation& written);
  void cancel();  // a reading in progress gives its place back; there is none after it

 private:
  static asio::awaitable<void> read(std::shared_ptr<Standby> self, ChatRequest request);

  std::shared_ptr<HybridRouter> router_;
  Member& member_;
  ChatRequest request_;
  asio::any_io_executor executor_;
  std::shared_ptr<StartWatch> watch_;
  std::unique_ptr<UpstreamStream> stream_;
  int read_to_ = -1;  // tokens of the answer, at the last reading
  bool reading_ = false, cancelled_ = false;
};

}  // namespace pincer
