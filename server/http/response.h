// One HTTP answer, and its bytes.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pincer {

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json";  // empty: none
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // more of them
};

enum class Framing {
  length,   // Content-Length
  chunked,  // Transfer-Encoding: chunked
  close,    // the body ends with the connection (HTTP/1.0)
};

// Status line and headers, with the empty line. The body is not included; its length is stated for
// Framing::length.
std::string response_head(const Response& response, Framing framing, bool keep_alive,
                          std::string_view request_id);

}  // namespace pincer
