// One HTTP request, read whole.
#pragma once

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/verb.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace pincer {

struct Request {
  boost::beast::http::verb method = boost::beast::http::verb::unknown;
  std::string method_name;  // as the client wrote it
  std::string path;         // percent-decoded, without the query
  std::string query;        // as it came, without the question mark
  std::string authority;    // of an absolute-form target; empty otherwise
  boost::beast::http::fields headers;
  std::string body;
  bool http_1_0 = false;
  std::string id;  // x-request-id of the answer
  std::chrono::steady_clock::time_point received;

  std::string_view header(boost::beast::http::field name) const;  // empty when absent
};

// Takes a request target apart; nothing if it is malformed. Accepts "/path?query", "*" and
// "http://authority/path".
struct Target {
  std::string path, authority, query;
};
std::optional<Target> parse_target(std::string_view target);

// The first value of `name` in "a=1&b=two%20words", decoded; nothing if it is not there or
// malformed.
std::optional<std::string> query_value(std::string_view query, std::string_view name);

// True if the media type of a Content-Type value is application/json (in UTF-8, where it says so).
bool is_json_content_type(std::string_view value);

}  // namespace pincer
