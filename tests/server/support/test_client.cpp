#include "tests/server/support/test_client.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace pincer::test {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::runtime_error(what); }

int connect_tcp(int port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect");
  return socket;
}

int connect_unix(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    fail("cannot connect");
  return socket;
}

}  // namespace

TestClient::TestClient(const std::string& address) {
  const auto path = address.find("unix:");
  socket_ = path == std::string::npos
                ? connect_tcp(std::stoi(address.substr(address.rfind(':') + 1)))
                : connect_unix(address.substr(path + 5));
  const timeval patience{.tv_sec = 120, .tv_usec = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

TestClient::~TestClient() { close(); }

TestClient::TestClient(TestClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void TestClient::get(std::string_view path, std::string_view more_headers) {
  send(fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n{}\r\n", path, more_headers));
}

void TestClient::post(std::string_view path, std::string_view json, std::string_view more_headers) {
  send(
      fmt::format("POST {} HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nContent-Length: {}\r\n"
                  "{}\r\n{}",
                  path, json.size(), more_headers, json));
}

bool TestClient::fill() {
  char bytes[16 << 10];
  const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
  if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
    fail("the server said nothing for two minutes");
  if (size <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(size));
  return true;
}

std::string TestClient::read_line() {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!fill()) fail("the connection ended within a line: '" + buffer_ + "'");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string TestClient::read_exactly(std::size_t size) {
  while (buffer_.size() < size) {
    if (!fill()) fail("the connection ended within a body");
  }
  std::string bytes = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return bytes;
}

Reply TestClient::read_head() {
  Reply reply;
  const std::string status_line = read_line();
  if (!status_line.starts_with("HTTP/1.1 ")) fail("not a status line: " + status_line);
  reply.status = std::stoi(status_line.substr(9, 3));
  for (std::string line = read_line(); !line.empty(); line = read_line()) {
    const auto colon = line.find(": ");
    if (colon == std::string::npos) fail("not a header: " + line);
    std::string name = line.substr(0, colon);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    reply.headers[name] = line.substr(colon + 2);
  }
  return reply;
}

Reply TestClient::read(bool head_only) {
  Reply reply = read_head();
  if (head_only || reply.status == 204 || reply.status < 200) return reply;
  const auto coding = reply.headers.find("transfer-encoding");
  if (reply.headers.contains("content-length")) {
    reply.body = read_exactly(std::stoul(reply.headers["content-length"]));
  } else if (coding != reply.headers.end() && coding->second == "chunked") {
    for (std::string chunk = read_chunk(); !chunk.empty(); chunk = read_chunk())
      reply.body += chunk;
  } else {
    while (fill()) {
    }
    reply.body = std::exchange(buffer_, {});
  }
  return reply;
}

std::string TestClient::read_chunk() {
  const std::size_t size = std::stoul(read_line(), nullptr, 16);
  std::string bytes = read_exactly(size);
  if (!read_line().empty()) fail("a chunk is longer than it says");
  return bytes;
}

bool TestClient::at_end() { return buffer_.empty() && !fill(); }

void TestClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
}

void TestClient::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

std::vector<std::string> sse_events(std::string_view body) {
  std::vector<std::string> events;
  while (!body.empty()) {
    if (body.starts_with("event: ")) body.remove_prefix(body.find('\n') + 1);
    const auto end = body.find("\n\n");
    if (!body.starts_with("data: ") || end == std::string_view::npos)
      fail("not an event: " + std::string(body));
    events.emplace_back(body.substr(6, end - 6));
    body.remove_prefix(end + 2);
  }
  return events;
}

}  // namespace pincer::test
