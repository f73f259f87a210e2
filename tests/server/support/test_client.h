// A blocking HTTP client that can misbehave.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pincer::test {

struct Reply {
  int status = 0;
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
};

// Throws std::runtime_error when the server says nothing for two minutes, or something that is not
// HTTP.
class TestClient {
 public:
  // "http://127.0.0.1:1234" (or another scheme, whose bytes are then the test's) or "unix:/path".
  explicit TestClient(const std::string& address);
  ~TestClient();
  TestClient(TestClient&& other) noexcept;
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  // What the server has closed is not an error to send to.
  void send(std::string_view bytes);
  void get(std::string_view path, std::string_view more_headers = "");
  void post(std::string_view path, std::string_view json, std::string_view more_headers = "");

  Reply read_head();
  Reply read(bool head_only = false);  // with the body, however it is framed
  std::string read_chunk();            // of a chunked body; empty at its end
  std::string read_exactly(std::size_t size);
  bool at_end();  // waits; true: the server closed, false: it sent something

  void close();
  void reset();  // closes so that the server sees a connection reset

 private:
  bool fill();
  std::string read_line();

  int socket_ = -1;
  std::string buffer_;
};

// The JSON texts of the events of a stream's body, named or not, "[DONE]" included.
std::vector<std::string> sse_events(std::string_view body);

}  // namespace pincer::test
