#include "bench/load/streams.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bench/load/connection.h"

namespace pincer::load {
namespace {

using Clock = std::chrono::steady_clock;

double ms_since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

class Client {
 public:
  Client(std::uint16_t port, int number) : connection_(port), number_(number) {}

  int fd() const { return connection_.fd(); }
  bool done() const { return done_; }

  void ask(const std::string& model, const Work& work) {
    const std::string body =
        fmt::format(R"({{"model":"{}","messages":[{{"role":"user","content":"{}"}}],"stream":true,)"
                    R"("stream_options":{{"include_usage":true}},"temperature":0,"max_tokens":{},)"
                    R"("logit_bias":{{"{}":-100}}}})",
                    model, question(work, number_, round_), work.max_tokens, kEndToken);
    sent_ = Clock::now();
    first_ms_ = -1;
    connection_.send(
        fmt::format("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n"
                    "Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
                    body.size(), body));
  }

  // Reads what has arrived, and asks again where an answer is complete.
  void go_on(const std::string& model, const Work& work, Report& report) {
    if (!connection_.receive()) throw std::runtime_error("the server closed the connection");
    while (const auto line = connection_.line()) {
      if (line->starts_with("HTTP/1.1 ") && !line->starts_with("HTTP/1.1 200"))
        throw std::runtime_error("the server said " + std::string(*line));
      if (*line == "0") ended_ = true;  // the last chunk
      if (line->starts_with("data: ")) read_event(*line, report);
      if (!ended_ || !line->empty()) continue;
      ended_ = false;
      done_ = ++round_ >= work.rounds;
      if (!done_) ask(model, work);
    }
  }

 private:
  void read_event(std::string_view event, Report& report) {
    if (first_ms_ < 0) {
      constexpr std::string_view kContent = R"("content":")";
      const auto found = event.find(kContent);
      if (found != std::string_view::npos && event[found + kContent.size()] != '"')
        first_ms_ = ms_since(sent_);
    }
    if (const auto tokens = number_after(event, R"("completion_tokens":)"))
      report.values["tokens"] += *tokens;
    const auto queued = number_after(event, R"("queued_ms":)");
    const auto prefill = number_after(event, R"("prompt_ms":)");
    if (!queued || !prefill) return;
    report.times["first_token_ms"].push_back(first_ms_);
    report.times["added_first_token_ms"].push_back(first_ms_ - *queued - *prefill);
  }

  Connection connection_;
  int number_, round_ = 0;
  Clock::time_point sent_;
  double first_ms_ = -1;
  bool ended_ = false, done_ = false;
};

}  // namespace

Report run_streams(std::uint16_t port, const std::string& model, const Work& work) {
  raise_file_limit();
  const int poller = ::epoll_create1(EPOLL_CLOEXEC);
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < work.clients; ++i) {
    clients.push_back(std::make_unique<Client>(port, i));
    epoll_event interest{.events = EPOLLIN, .data = {.ptr = clients.back().get()}};
    ::epoll_ctl(poller, EPOLL_CTL_ADD, clients.back()->fd(), &interest);
  }
  Report report;
  report.values["tokens"] = 0;
  const auto begin = Clock::now();
  const double cpu_begin = cpu_seconds();
  for (auto& client : clients) client->ask(model, work);
  std::size_t left = clients.size();
  std::vector<epoll_event> events(256);
  while (left > 0) {
    const int count = ::epoll_wait(poller, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < count; ++i) {
      auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
      client.go_on(model, work, report);
      if (!client.done()) continue;
      ::epoll_ctl(poller, EPOLL_CTL_DEL, client.fd(), nullptr);
      --left;
    }
  }
  ::close(poller);
  const double seconds = ms_since(begin) / 1e3;
  report.values["seconds"] = seconds;
  report.values["tokens_per_s"] = report.values["tokens"] / seconds;
  report.values["cpu_seconds"] = cpu_seconds() - cpu_begin;
  return report;
}

}  // namespace pincer::load
