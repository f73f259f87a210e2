#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "server/http/listen_address.h"
#include "tests/server/support/test_server.h"

namespace pincer::test {
namespace {

namespace fs = std::filesystem;

class ListenerFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "pincer-listener-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path() const { return folder_ / "socket"; }
  ServerOptions options() const {
    ServerOptions options;
    options.listen = {"unix:" + path()};
    return options;
  }

  fs::path folder_;
};

std::string start_error(const std::string& address) {
  ServerOptions options;
  options.listen = {address};
  const auto started = Server::start(options, std::make_shared<Models>());
  return started ? "no error" : started.error().message;
}

TEST(ListenAddress, IsParsed) {
  const auto v4 = parse_listen_address("http://127.0.0.1:8080");
  ASSERT_TRUE(v4);
  EXPECT_EQ(v4->host, "127.0.0.1");
  EXPECT_EQ(v4->port, 8080);
  const auto v6 = parse_listen_address("http://[::1]:0/");
  ASSERT_TRUE(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 0);
  const auto file = parse_listen_address("unix:/run/pincer.sock");
  ASSERT_TRUE(file);
  EXPECT_EQ(file->path, "/run/pincer.sock");
}

TEST(ListenAddress, BadOnesAreNamed) {
  for (const std::string text :
       {"", "8080", "127.0.0.1:8080", "http://127.0.0.1", "http://:80", "http://a:65536",
        "http://a:", "http://a:8x", "http://::1:80", "http://[::1]", "http://a/b:80",
        "unix:relative", "http://u@h:1"}) {
    const auto address = parse_listen_address(text);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().code, ErrorCode::invalid_argument);
    EXPECT_NE(address.error().message.find("'" + text + "'"), std::string::npos)
        << address.error().message;
  }
  EXPECT_FALSE(parse_listen_address("unix:/" + std::string(200, 'a')));
}

TEST(ListenAddress, TheSchemeSaysWhatIsSpoken) {
  EXPECT_EQ(parse_listen_address("http://127.0.0.1:1")->speech, Speech::http);
  EXPECT_EQ(parse_listen_address("https://127.0.0.1:1")->speech, Speech::https);
  EXPECT_EQ(parse_listen_address("tcp://[::1]:1")->speech, Speech::framed);
  EXPECT_EQ(parse_listen_address("unix:/a")->speech, Speech::http);
  const auto framed = parse_listen_address("tcp+unix:/a");
  EXPECT_EQ(framed->speech, Speech::framed);
  EXPECT_EQ(framed->path, "/a");
}

TEST(Listener, APortInUseIsNamedWithTheWayOut) {
  TestServer server;
  const std::string where = server.address().substr(7);
  EXPECT_EQ(start_error(server.address()),
            where + " is in use; stop the other program or choose --listen http://127.0.0.1:0");
}

TEST(Listener, AnUnknownHostIsNamed) {
  EXPECT_NE(start_error("http://no-such-host.invalid:1").find("'no-such-host.invalid'"),
            std::string::npos);
  EXPECT_NE(start_error("http://203.0.113.7:0").find("203.0.113.7:0"), std::string::npos);
}

TEST(Listener, SeveralAddressesAreServed) {
  ServerOptions options;
  options.listen = {"http://127.0.0.1:0", "http://localhost:0"};
  TestServer server(options);
  const auto addresses = server.server().addresses();
  ASSERT_EQ(addresses.size(), 2u);
  for (const std::string& address : addresses) {
    TestClient client(address);
    client.get("/health");
    EXPECT_EQ(client.read().status, 200) << address;
  }
}

TEST_F(ListenerFile, AUnixSocketServesAndIsRemoved) {
  {
    TestServer server(options());
    EXPECT_EQ(server.address(), "unix:" + path());
    TestClient client(server.address());
    client.send("GET /health HTTP/1.1\r\nHost: any-name-at-all\r\n\r\n");
    EXPECT_EQ(client.read().status, 200);
  }
  EXPECT_FALSE(fs::exists(path()));
}

TEST_F(ListenerFile, AUnixSocketHasTheModeAskedFor) {
  ServerOptions with_mode = options();
  with_mode.socket_mode = 0620;
  TestServer server(with_mode);
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms(0620));
}

TEST_F(ListenerFile, ASocketInUseIsNotTakenOver) {
  TestServer server(options());
  EXPECT_EQ(start_error("unix:" + path()),
            path() + " is in use; stop the other program or choose --listen unix:/another/path");
  TestClient client(server.address());
  client.get("/health");
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(ListenerFile, AStaleSocketIsReplaced) {
  const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path().copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ::close(stale);
  TestServer server(options());
  TestClient client(server.address());
  client.get("/health");
  EXPECT_EQ(client.read().status, 200);
}

TEST_F(ListenerFile, AnotherKindOfFileIsLeftAlone) {
  std::ofstream(path()) << "precious";
  EXPECT_NE(start_error("unix:" + path()).find(path() + " is in use"), std::string::npos);
  EXPECT_EQ(fs::file_size(path()), 8u);
}

}  // namespace
}  // namespace pincer::test
