// One bound address.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "pincer/engine/result.h"
#include "server/http/listen_address.h"
#include "server/http/site.h"
#include "server/http/types.h"

namespace boost::asio {
class io_context;
}

namespace pincer {

// After open(), all calls belong to its executor, a strand.
class Listener {
 public:
  // Binds and listens. A Unix socket that nobody answers on any more is replaced; its file gets
  // `mode`, 0 leaves it to the umask. Errors: io; names the address and what to do.
  static Result<std::shared_ptr<Listener>> open(asio::io_context& io, const ListenAddress& address,
                                                mode_t mode);
  // Takes over a socket that listens already, whose file and mode are somebody else's. Error
  // invalid_argument: it does not listen.
  static Result<std::shared_ptr<Listener>> adopt(asio::io_context& io, int socket);
  ~Listener();

  const std::string& bound() const { return bound_; }  // "http://127.0.0.1:43121", "unix:/path"
  bool loopback() const { return loopback_; }
  asio::any_io_executor executor() { return acceptor_.get_executor(); }

  // Accepts until close(), and serves each connection on a strand of its own.
  static asio::awaitable<void> run(std::shared_ptr<Listener> listener, asio::io_context& io,
                                   std::shared_ptr<Site> site);
  void close();  // removes the file of a Unix socket

 private:
  Listener(asio::io_context& io, Speech speech);
  void name_tcp(const Protocol::endpoint& local);
  Result<void> open_tcp(const ListenAddress& address);
  Result<void> open_unix(const ListenAddress& address, mode_t mode);
  Result<void> bind(const Protocol::endpoint& endpoint, const ListenAddress& address, mode_t mode);

  Acceptor acceptor_;
  Speech speech_;
  std::string bound_;
  bool loopback_ = false;
  std::string unlink_path_;  // a Unix socket's, while it is ours
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pincer
