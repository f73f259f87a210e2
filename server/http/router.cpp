#include "server/http/router.h"

namespace pincer {
namespace {

namespace http = boost::beast::http;

bool matches(std::string_view pattern, std::string_view path) {
  if (!pattern.ends_with("/*")) return pattern == path;
  const std::string_view prefix = pattern.substr(0, pattern.size() - 1);
  return path.starts_with(prefix) && path.size() > prefix.size();
}

}  // namespace

Router::Match Router::match(http::verb method, std::string_view path) const {
  Match match;
  for (const Route& route : routes_) {
    if (!matches(route.pattern, path)) continue;
    match.pattern = route.pattern;
    if (route.method == method || (route.method == http::verb::get && method == http::verb::head))
      match.route = &route;
    match.allow += route.method == http::verb::get
                       ? "GET, HEAD, "
                       : std::string(http::to_string(route.method)) + ", ";
  }
  if (!match.allow.empty()) match.allow += "OPTIONS";
  return match;
}

}  // namespace pincer
