// A client of Pincer's framed protocol (docs/framed-protocol.md), with nothing but the C library
// and a little-endian machine:
//
//     g++ -std=c++20 -O2 client.cpp -o client
//     pincer serve --listen tcp://127.0.0.1:9090
//     ./client 127.0.0.1 9090 smollm2-135m-instruct "Why is the sky blue?"
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>

constexpr std::uint8_t kHello = 0x01, kChat = 0x02;  // the frames that it sends
constexpr std::uint8_t kWelcome = 0x81, kText = 0x82, kFinish = 0x84, kError = 0x85;

struct Header {
  std::uint32_t length;
  std::uint8_t type, flags;
  std::uint16_t zero;
  std::uint32_t stream;
};
static_assert(sizeof(Header) == 12);

class Client {
 public:
  Client(const char* host, const char* port) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (getaddrinfo(host, port, &hints, &found) != 0) throw std::runtime_error("no such host");
    socket_ = socket(found->ai_family, SOCK_STREAM, 0);
    const int connected = connect(socket_, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (connected != 0) throw std::runtime_error("nobody listens there");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    write(kHello, 0, R"({"versions":[1]})");
    std::string payload;
    if (read(payload).type != kWelcome) throw std::runtime_error("refused: " + payload);
  }
  ~Client() { close(socket_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void write(std::uint8_t type, std::uint32_t stream, const std::string& payload) {
    const Header header{static_cast<std::uint32_t>(payload.size()), type, 0, 0, stream};
    std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
    bytes += payload;
    if (send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) != ssize_t(bytes.size()))
      throw std::runtime_error("the server is gone");
  }

  Header read(std::string& payload) {
    Header header;
    read_all(&header, sizeof header);
    payload.resize(header.length);
    read_all(payload.data(), payload.size());
    return header;
  }

 private:
  void read_all(void* out, std::size_t size) {
    if (recv(socket_, out, size, MSG_WAITALL) != ssize_t(size))
      throw std::runtime_error("the server closed the connection");
  }

  int socket_ = -1;
};

int main(int argc, char** argv) try {
  if (argc != 5) return std::fprintf(stderr, "usage: client HOST PORT MODEL PROMPT\n"), 2;
  Client client(argv[1], argv[2]);
  // A real program writes its JSON with a library, which also escapes what must be.
  client.write(kChat, 1,
               R"({"model":")" + std::string(argv[3]) +
                   R"(","messages":[{"role":"user","content":")" + argv[4] + R"("}]})");
  for (std::string payload;;) {
    const Header header = client.read(payload);
    std::printf(header.type == kText ? "%s" : "\n%s\n", payload.c_str());
    std::fflush(stdout);
    if (header.type == kFinish || header.type == kError) return header.type == kError;
  }
} catch (const std::exception& error) {
  return std::fprintf(stderr, "client: %s\n", error.what()), 1;
}
