#include "server/http/client_watch.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "server/http/use_tuple.h"

namespace pincer {
namespace {}  // namespace

ClientWatch::ClientWatch(std::shared_ptr<Wire> wire, std::size_t max_input,
                         std::function<void()> on_leave)
    : wire_(std::move(wire)),
      max_input_(max_input),
      on_leave_(std::move(on_leave)),
      ended_(wire_->executor(), asio::steady_timer::time_point::max()) {}

std::shared_ptr<ClientWatch> ClientWatch::start(std::shared_ptr<Wire> wire, std::size_t max_input,
                                                std::function<void()> on_leave) {
  auto watch = std::make_shared<ClientWatch>(std::move(wire), max_input, std::move(on_leave));
  asio::co_spawn(watch->wire_->executor(), run(watch), asio::detached);
  return watch;
}

asio::awaitable<void> ClientWatch::run(std::shared_ptr<ClientWatch> self) {
  beast::flat_buffer& input = self->wire_->input();
  while (!self->stopping_ && !self->left_) {
    const NetError error = co_await self->wire_->read_some();
    const bool gone = error && !(self->stopping_ && error == asio::error::operation_aborted);
    if (gone || input.size() > self->max_input_) self->left_ = true;
  }
  if (self->left_) self->on_leave_();
  self->on_leave_ = nullptr;
  self->running_ = false;
  self->ended_.cancel();
}

asio::awaitable<void> ClientWatch::stop() {
  stopping_ = true;
  if (running_) wire_->cancel();
  while (running_) co_await ended_.async_wait(kTuple);
}

}  // namespace pincer
