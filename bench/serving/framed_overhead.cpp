// What the framed protocol saves over HTTP with server-sent events: the same request over both, one
// after another in turn, against a running server:
//
//     pincer serve --listen http://127.0.0.1:8080 --listen tcp://127.0.0.1:9090
//     framed_overhead 8080 9090 smollm2-135m-instruct 200 64     (requests each, tokens each)
//
// Prints, for each, the time to the first token and the tokens per second (medians, and the median
// of the differences in pairs), the bytes that the server sent, and the system calls to read them.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

class Connection {
 public:
  explicit Connection(int port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error(fmt::format("nobody listens on port {}", port));
    const int on = 1;
    ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Connection() { ::close(socket_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void send(const std::string& bytes) {
    if (::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(bytes.size()))
      throw std::runtime_error("the server is gone");
  }
  // Appends what has arrived, at least one byte.
  void receive(std::string& input) {
    char bytes[16 << 10];
    const ssize_t size = ::recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) throw std::runtime_error("the server closed the connection");
    input.append(bytes, static_cast<std::size_t>(size));
    bytes_ += static_cast<std::size_t>(size);
    ++reads_;
  }
  std::size_t bytes() const { return bytes_; }
  std::size_t reads() const { return reads_; }

 private:
  int socket_;
  std::size_t bytes_ = 0, reads_ = 0;
};

struct Sample {
  double first_token = 0, total = 0;  // seconds
};

std::string body(const std::string& model, int number, int tokens, bool stream) {
  return fmt::format(
      R"({{"model":"{}","temperature":0,"max_tokens":{},"logit_bias":{{"2":-100}},)"
      R"("messages":[{{"role":"user","content":"Tell me a long story about number {}."}}]{}}})",
      model, tokens, number, stream ? R"(,"stream":true)" : "");
}

Sample ask_http(Connection& connection, const std::string& json) {
  const auto begin = Clock::now();
  connection.send(
      fmt::format("POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                  "application/json\r\nContent-Length: {}\r\n\r\n{}",
                  json.size(), json));
  Sample sample;
  for (std::string input; !input.ends_with("0\r\n\r\n");) {
    connection.receive(input);
    if (!input.starts_with("HTTP/1.1 200")) throw std::runtime_error(input);
    const auto content = input.find(R"("delta":{"content":")");
    if (sample.first_token == 0 && content != std::string::npos)
      sample.first_token = seconds_since(begin);
  }
  sample.total = seconds_since(begin);
  return sample;
}

constexpr char kHello = 1, kChat = 2, kText = '\x82', kFinish = '\x84', kError = '\x85';

std::string frame(char type, std::uint32_t stream, const std::string& payload) {
  std::string bytes(12, '\0');
  const auto size = static_cast<std::uint32_t>(payload.size());
  std::memcpy(bytes.data(), &size, 4);
  bytes[4] = type;
  std::memcpy(bytes.data() + 8, &stream, 4);
  return bytes + payload;
}

// The type of the first frame in `input`, which is taken out; 0 while it is not whole.
char take_frame(std::string& input) {
  if (input.size() < 12) return 0;
  std::uint32_t size = 0;
  std::memcpy(&size, input.data(), 4);
  if (input.size() < 12 + size) return 0;
  const char type = input[4];
  if (type == kError) throw std::runtime_error(input.substr(12, size));
  input.erase(0, 12 + size);
  return type;
}

Sample ask_framed(Connection& connection, std::uint32_t stream, const std::string& json) {
  const auto begin = Clock::now();
  connection.send(frame(kChat, stream, json));
  Sample sample;
  char type = 0;
  for (std::string input; type != kFinish;) {
    connection.receive(input);
    while ((type = take_frame(input)) != 0 && type != kFinish)
      if (type == kText && sample.first_token == 0) sample.first_token = seconds_since(begin);
  }
  sample.total = seconds_since(begin);
  return sample;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

int run(int http_port, int framed_port, const std::string& model, int requests, int tokens) {
  Connection http(http_port), framed(framed_port);
  framed.send(frame(kHello, 0, R"({"versions":[1]})"));
  for (std::string input; take_frame(input) == 0;) framed.receive(input);
  std::vector<double> first[2], rate[2], first_saved, total_saved;
  // The first pair warms up. Each prompt is asked twice, by turns first over the one and the other,
  // so that the prefix cache helps both alike.
  for (int i = 0; i <= requests; ++i) {
    const std::string json[2] = {body(model, i / 2, tokens, true),
                                 body(model, i / 2, tokens, false)};
    Sample samples[2];
    for (const int turn : {i % 2, 1 - i % 2}) {
      samples[turn] = turn == 0 ? ask_http(http, json[0])
                                : ask_framed(framed, static_cast<std::uint32_t>(i + 1), json[1]);
    }
    if (i == 0) continue;
    for (int k = 0; k < 2; ++k) {
      first[k].push_back(samples[k].first_token);
      rate[k].push_back(tokens / samples[k].total);
    }
    first_saved.push_back(samples[0].first_token - samples[1].first_token);
    total_saved.push_back(samples[0].total - samples[1].total);
  }
  fmt::print("{:8} {:>18} {:>10} {:>15} {:>15}\n", "", "first token, ms", "tokens/s", "bytes/token",
             "reads/token");
  const double all = static_cast<double>(requests + 1) * tokens;
  const Connection* connections[2] = {&http, &framed};
  for (int k = 0; k < 2; ++k) {
    fmt::print("{:8} {:18.3f} {:10.1f} {:15.1f} {:15.2f}\n", k == 0 ? "HTTP" : "framed",
               1e3 * median(first[k]), median(rate[k]),
               static_cast<double>(connections[k]->bytes()) / all,
               static_cast<double>(connections[k]->reads()) / all);
  }
  fmt::print("framed saves {:.3f} ms to the first token and {:.2f} us a token (medians of pairs)\n",
             1e3 * median(first_saved), 1e6 * median(total_saved) / tokens);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    fmt::print(stderr, "usage: framed_overhead HTTP_PORT FRAMED_PORT MODEL REQUESTS TOKENS\n");
    return 2;
  }
  try {
    return run(std::atoi(argv[1]), std::atoi(argv[2]), argv[3], std::atoi(argv[4]),
               std::atoi(argv[5]));
  } catch (const std::exception& error) {
    fmt::print(stderr, "framed_overhead: {}\n", error.what());
    return 1;
  }
}
