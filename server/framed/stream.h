// One request of a framed connection, from its frame to the finish.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "server/api/api.h"
#include "server/api/caller.h"
#include "server/framed/frame.h"
#include "server/framed/outbox.h"
#include "server/http/key_ring.h"

namespace pincer {

// Belongs to the connection's executor.
class FramedStream final : public Caller, public std::enable_shared_from_this<FramedStream> {
 public:
  FramedStream(asio::any_io_executor executor, std::shared_ptr<Outbox> outbox, std::uint32_t id,
               std::shared_ptr<const Account> account);

  // Answers the request in `frame`. Every frame that it sends but the last is one of text or a
  // delta; the last is a finish or an error, unless the connection is over. `on_last` is called
  // before it is sent: the client may use the id again once it has read it.
  static asio::awaitable<void> run(std::shared_ptr<FramedStream> self, const Api& api, Frame frame,
                                   std::function<void()> on_last);
  // The client does not want it any more, or is gone.
  void take_back();

  asio::any_io_executor executor() const override { return executor_; }
  const Account* account() const override { return account_.get(); }
  std::chrono::steady_clock::time_point asked() const override { return asked_; }
  void watch(std::function<void()> on_leave) override { on_leave_ = std::move(on_leave); }
  asio::awaitable<void> unwatch() override;
  bool left() const override { return left_ || outbox_->broken(); }

 private:
  // What is to be said instead of a finish; nothing after one.
  asio::awaitable<std::optional<Problem>> admit(const Api& api, Frame frame);
  asio::awaitable<std::optional<Problem>> answer(const Api& api, Frame frame);
  void last_frame_comes();
  // Of the access log.
  std::string line(std::string_view path, unsigned status, double seconds);

  asio::any_io_executor executor_;
  std::shared_ptr<Outbox> outbox_;
  std::uint32_t id_;
  std::shared_ptr<const Account> account_;
  std::chrono::steady_clock::time_point asked_ = std::chrono::steady_clock::now();
  std::function<void()> on_leave_, on_last_;
  bool left_ = false;
};

// {"status":429,"error":{…},"retry_after":1}
std::string framed_error(const Problem& problem);

}  // namespace pincer
