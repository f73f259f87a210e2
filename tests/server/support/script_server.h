// A server that answers each request with the bytes that the test gives it, and then does what
// broken servers do.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace pincer::test {

class ScriptServer {
 public:
  struct Answer {
    std::string bytes;
    enum Then { keep, close, reset, stall } then = keep;
  };

  ScriptServer() {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener_, 16) != 0)
      throw std::runtime_error("cannot listen");
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ScriptServer() {
    ::shutdown(listener_, SHUT_RDWR);
    {
      const std::lock_guard lock(mutex_);
      for (const int socket : open_) ::shutdown(socket, SHUT_RDWR);
    }
    acceptor_.join();
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }
  void answer(std::string bytes, Answer::Then then = Answer::keep) {
    const std::lock_guard lock(mutex_);
    answers_.push_back({std::move(bytes), then});
  }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  int connections() {
    const std::lock_guard lock(mutex_);
    return static_cast<int>(threads_.size());
  }

  static std::string events(const std::string& body, const char* more = "") {
    return std::string("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n") + more +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
  // The beginning of a stream that has no end.
  static std::string open_events(const std::string& body) {
    char size[16];
    std::snprintf(size, sizeof size, "%zx", body.size());
    return std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n") + size + "\r\n" +
           body + "\r\n";
  }

 private:
  void accept_all() {
    for (;;) {
      const int socket = ::accept(listener_, nullptr, nullptr);
      if (socket < 0) return;
      const std::lock_guard lock(mutex_);
      open_.push_back(socket);
      threads_.emplace_back([this, socket] { serve(socket); });
    }
  }

  void serve(int socket) {
    std::string buffer;
    while (take_request(socket, buffer)) {
      Answer answer;
      {
        const std::lock_guard lock(mutex_);
        if (answers_.empty()) break;
        answer = std::move(answers_.front());
        answers_.pop_front();
      }
      (void)!::send(socket, answer.bytes.data(), answer.bytes.size(), MSG_NOSIGNAL);
      if (answer.then == Answer::keep) continue;
      if (answer.then == Answer::stall) {
        char byte = 0;
        (void)!::recv(socket, &byte, 1, 0);  // until one side gives up
      }
      if (answer.then == Answer::reset) {
        const linger now{1, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      }
      break;
    }
    const std::lock_guard lock(mutex_);
    std::erase(open_, socket);
    ::close(socket);
  }

  bool take_request(int socket, std::string& buffer) {
    char piece[4096];
    for (;;) {
      const std::size_t head = buffer.find("\r\n\r\n");
      const std::size_t field = buffer.find("Content-Length: ");
      if (head != std::string::npos) {
        std::size_t size = head + 4;
        if (field < head) size += std::strtoul(buffer.c_str() + field + 16, nullptr, 10);
        if (buffer.size() >= size) {
          const std::lock_guard lock(mutex_);
          requests_.push_back(buffer.substr(0, size));
          buffer.erase(0, size);
          return true;
        }
      }
      const ssize_t read = ::recv(socket, piece, sizeof piece, 0);
      if (read <= 0) return false;
      buffer.append(piece, static_cast<std::size_t>(read));
    }
  }

  int listener_ = -1;
  int port_ = 0;
  std::mutex mutex_;
  std::deque<Answer> answers_;
  std::vector<std::string> requests_;
  std::vector<int> open_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace pincer::test
