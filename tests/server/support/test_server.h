// A server with a fake backend on a free port of 127.0.0.1, running on its own thread.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "pincer/server/server.h"
#include "tests/server/support/fake_backend.h"
#include "tests/server/support/test_client.h"

namespace pincer::test {

class TestServer {
 public:
  explicit TestServer(ServerOptions options = {});  // `listen` is replaced where it is the default
  ~TestServer();                                    // stops and joins

  FakeBackend& backend() { return *backend_; }
  Models& models() { return *models_; }
  Server& server() { return *server_; }
  const std::string& address() const { return address_; }
  TestClient connect() const { return TestClient(address_); }
  void join();  // waits until run() has returned

  // One request on a connection of its own.
  Reply get(std::string_view path, std::string_view more_headers = "") const;
  Reply post(std::string_view path, std::string_view json,
             std::string_view more_headers = "") const;

 private:
  std::shared_ptr<FakeBackend> backend_;
  std::shared_ptr<Models> models_;
  std::unique_ptr<Server> server_;
  std::string address_;
  std::thread thread_;
};

// {"model":"fake-model","messages":[{"role":"user","content":"Hi"}] and `more`, such as
// R"(,"stream":true)".
std::string chat_body(std::string_view more = "");

// The value of a metric's line, such as "pincer_active_requests"; -1 when there is none.
double metric(std::string_view metrics_text, std::string_view sample);

inline constexpr std::string_view kChatPath = "/v1/chat/completions";

}  // namespace pincer::test
