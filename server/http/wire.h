// A client's socket, the bytes read ahead from it, and a deadline for every wait.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "server/http/types.h"

namespace pincer {

// All members belong to the wire's executor, a strand; close_soon() alone may be called from any
// thread.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  using Duration = std::chrono::milliseconds;

  explicit Wire(Socket socket);

  asio::any_io_executor executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }
  beast::flat_buffer& input() { return input_; }

  // All return asio::error::timed_out when the deadline passes first. Reading may go on after that
  // only to drop input.
  asio::awaitable<NetError> read_more(
      Duration limit);  // at least one byte more in input(); eof at the end
  enum class Part { header, all };
  asio::awaitable<NetError> parse(beast::http::basic_parser<true>& parser, Part part,
                                  Duration limit);
  asio::awaitable<NetError> write(std::string bytes, Duration limit);

  // read_more() without a deadline. After the end of the input was seen, all reading says eof at
  // once: the reactor would wait for an event that does not come again.
  asio::awaitable<NetError> read_some();

  // Says that no more will be sent, and drops input until the client closes too or `limit` passes:
  // closing a socket with unread input would reset the connection and could destroy the answer
  // before the client read it.
  asio::awaitable<void> linger(Duration limit);

  void close();
  void close_soon();

 private:
  struct OnDeadline;
  void arm(Duration limit);
  void disarm();

  Socket socket_;
  asio::steady_timer timer_;
  beast::flat_buffer input_;
  bool timed_out_ = false;
  bool input_ended_ = false;
};

}  // namespace pincer
