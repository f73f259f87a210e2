// A client's connection, the bytes read ahead from it, and a deadline for every wait.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "server/http/types.h"

namespace boost::asio::ssl {
class context;
}

namespace pincer {

class Transport;

// All members belong to the wire's executor, a strand; close_soon() alone may be called from any
// thread.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  using Duration = std::chrono::milliseconds;

  explicit Wire(Socket socket);
  ~Wire();

  asio::any_io_executor executor() { return timer_.get_executor(); }
  Transport& transport() { return *transport_; }
  beast::flat_buffer& input() { return input_; }
  bool is_tls() const;
  Protocol::endpoint peer(NetError& error) const;  // who is at the other end

  // All return asio::error::timed_out when the deadline passes first. Reading may go on after that
  // only to drop input.
  asio::awaitable<NetError> read_more(
      Duration limit);  // at least one byte more in input(); eof at the end
  enum class Part { header, all };
  asio::awaitable<NetError> parse(beast::http::basic_parser<true>& parser, Part part,
                                  Duration limit);
  asio::awaitable<NetError> write(std::string bytes, Duration limit);

  // The byte that the client sends first, which stays unread: what it means to speak.
  asio::awaitable<NetError> peek(char& first, Duration limit);
  // Speaks TLS from here on. Nothing was read before.
  asio::awaitable<NetError> handshake(std::shared_ptr<asio::ssl::context> context, Duration limit);

  // read_more() without a deadline. After the end of the input was seen, all reading says eof at
  // once: the reactor would wait for an event that does not come again.
  asio::awaitable<NetError> read_some();

  // Says that no more will be sent, and drops input until the client closes too or `limit` passes:
  // closing a socket with unread input would reset the connection and could destroy the answer
  // before the client read it.
  asio::awaitable<void> linger(Duration limit);

  void cancel();  // ends every wait with operation_aborted
  void close();
  void close_soon();

 private:
  struct OnDeadline;
  void arm(Duration limit);
  void disarm();

  std::unique_ptr<Transport> transport_;
  asio::steady_timer timer_;
  beast::flat_buffer input_;
  bool timed_out_ = false;
  bool input_ended_ = false;
  int written_at_once_ = 0;
};

}  // namespace pincer
