// A client's socket: what it sends, and what it receives by lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pincer::load {

class Connection {
 public:
  // To 127.0.0.1. Throws std::runtime_error.
  explicit Connection(std::uint16_t port);
  ~Connection();
  Connection(Connection&& other) noexcept;
  Connection& operator=(Connection&&) = delete;

  int fd() const { return fd_; }
  void send(std::string_view bytes);  // all of it; throws
  // Takes in what has arrived; false: the server closed.
  bool receive();
  // The next line without its end, as long as the object is not used further; nothing while it is
  // not complete.
  std::optional<std::string_view> line();
  void skip(std::size_t bytes);  // of what follows the last line
  std::size_t unread() const { return input_.size() - begin_; }

 private:
  int fd_ = -1;
  std::string input_;
  std::size_t begin_ = 0;
};

// As many open files as the system lets this process have.
void raise_file_limit();

// The number after `name`, as in `"completion_tokens":12`; nothing where it isn't.
std::optional<double> number_after(std::string_view text, std::string_view name);

}  // namespace pincer::load
