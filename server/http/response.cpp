#include "server/http/response.h"

#include <fmt/format.h>

#include <boost/beast/http/status.hpp>
#include <ctime>
#include <iterator>

namespace pincer {
namespace {

std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return {text, size};
}

}  // namespace

std::string response_head(const Response& response, Framing framing, bool keep_alive,
                          std::string_view request_id) {
  namespace http = boost::beast::http;
  const auto reason = http::obsolete_reason(http::int_to_status(response.status));
  std::string head;
  const auto out = std::back_inserter(head);
  fmt::format_to(out, "HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                 std::string_view(reason.data(), reason.size()), http_date());
  // The second is where Anthropic's clients look for it.
  if (!request_id.empty())
    fmt::format_to(out, "x-request-id: {0}\r\nrequest-id: {0}\r\n", request_id);
  if (!response.content_type.empty())
    fmt::format_to(out, "Content-Type: {}\r\n", response.content_type);
  for (const auto& [name, value] : response.headers) fmt::format_to(out, "{}: {}\r\n", name, value);
  if (framing == Framing::chunked) head += "Transfer-Encoding: chunked\r\n";
  // RFC 9110, 8.6: no Content-Length here.
  const bool bodiless = response.status == 204 || response.status == 304;
  if (framing == Framing::length && !bodiless)
    fmt::format_to(out, "Content-Length: {}\r\n", response.body.size());
  head += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  return head;
}

}  // namespace pincer
