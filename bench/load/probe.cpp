#include "bench/load/probe.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <optional>
#include <stdexcept>
#include <vector>

#include "bench/load/connection.h"

namespace pincer::load {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kLateMs = 10;

std::string get(const std::string& path) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
}

// Waits for a whole answer; its status.
int read_answer(Connection& connection) {
  int status = 0;
  std::size_t length = 0;
  bool head = true;
  for (;;) {
    while (head) {
      const auto line = connection.line();
      if (!line) break;
      if (const auto code = number_after(*line, "HTTP/1.1 ")) status = static_cast<int>(*code);
      if (const auto size = number_after(*line, "Content-Length: "))
        length = static_cast<std::size_t>(*size);
      head = !line->empty();
    }
    if (!head && connection.unread() >= length) {
      connection.skip(length);
      return status;
    }
    pollfd readable{.fd = connection.fd(), .events = POLLIN, .revents = 0};
    ::poll(&readable, 1, -1);
    if (!connection.receive()) throw std::runtime_error("the server closed the connection");
  }
}

bool input_ended(double wait_ms) {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  const timespec wait{.tv_sec = static_cast<time_t>(wait_ms / 1e3),
                      .tv_nsec = static_cast<long>(wait_ms * 1e6) % 1'000'000'000};
  char byte = 0;
  return ::ppoll(&input, 1, &wait, nullptr) == 1 && ::read(STDIN_FILENO, &byte, 1) == 0;
}

}  // namespace

Report probe(std::uint16_t port, const std::string& path, double every_ms, double seconds) {
  Report report;
  report.values["late"] = report.values["failed"] = 0;
  std::vector<double>& times = report.times["probe_ms"];
  std::optional<Connection> connection;
  int asked = 0;
  const auto begin = Clock::now();
  const auto elapsed = [begin] {
    return std::chrono::duration<double>(Clock::now() - begin).count();
  };
  while (elapsed() < seconds && !input_ended(every_ms)) {
    // A server lets a connection have so many requests.
    if (asked++ % 500 == 0) connection.emplace(port);
    const auto sent = Clock::now();
    connection->send(get(path));
    if (read_answer(*connection) != 200) ++report.values["failed"];
    const std::chrono::duration<double, std::milli> taken = Clock::now() - sent;
    times.push_back(taken.count());
    if (taken.count() > kLateMs) ++report.values["late"];
  }
  return report;
}

void hold_idle(std::uint16_t port, int count) {
  raise_file_limit();
  std::vector<Connection> held;
  for (int i = 0; i < count; ++i) {
    held.emplace_back(port);
    held.back().send(get("/health"));
    if (read_answer(held.back()) != 200) throw std::runtime_error("/health failed");
  }
  fmt::print("open\n");
  std::fflush(stdout);
  while (!input_ended(1000)) {
  }
}

}  // namespace pincer::load
