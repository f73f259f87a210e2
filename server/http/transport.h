// A byte stream, of a client or to a server: a socket, or TLS over it.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "server/http/types.h"

namespace pincer {

// An asynchronous stream in Asio's sense. One branch an operation tells the two kinds apart, so
// that all that reads and writes is compiled once and has no virtual calls.
class Transport {
 public:
  using executor_type = Socket::executor_type;

  explicit Transport(Socket socket) : socket_(std::move(socket)) {}

  executor_type get_executor() { return socket_.get_executor(); }
  Socket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

  // The server's part. Nothing may have been read before.
  asio::awaitable<NetError> handshake(asio::ssl::context& context);
  // A client's: the certificate must be trusted by `context`, and name `host`.
  asio::awaitable<NetError> handshake_as_client(asio::ssl::context& context, std::string host);
  // Tells a TLS client that no more comes, so that it can tell an end from a cut.
  asio::awaitable<void> close_notify();

  // Bytes that the socket takes without a wait. 0 under TLS and at errors, which the next operation
  // meets again.
  std::size_t write_now(std::string_view bytes);

  template <typename Buffers, typename Token>
  auto async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(NetError, std::size_t)>(Read<Buffers>{*this, buffers},
                                                                    token);
  }
  template <typename Buffers, typename Token>
  auto async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(NetError, std::size_t)>(Write<Buffers>{*this, buffers},
                                                                    token);
  }

 private:
  using Tls = asio::ssl::stream<Socket&>;

  template <typename Buffers>
  struct Read {
    Transport& self;
    Buffers buffers;
    template <typename Handler>
    void operator()(Handler&& handler) {
      if (self.tls_) {
        self.tls_->async_read_some(buffers, std::forward<Handler>(handler));
      } else {
        self.socket_.async_read_some(buffers, std::forward<Handler>(handler));
      }
    }
  };
  template <typename Buffers>
  struct Write {
    Transport& self;
    Buffers buffers;
    template <typename Handler>
    void operator()(Handler&& handler) {
      if (self.tls_) {
        self.tls_->async_write_some(buffers, std::forward<Handler>(handler));
      } else {
        self.socket_.async_write_some(buffers, std::forward<Handler>(handler));
      }
    }
  };

  Socket socket_;
  std::unique_ptr<Tls> tls_;
};

}  // namespace pincer
