// Which handler answers which method and path.
#pragma once

#include <boost/beast/http/verb.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/server/api_key.h"
#include "server/http/exchange.h"

namespace pincer {

using Handler = std::function<asio::awaitable<void>(Exchange&)>;

struct Route {
  boost::beast::http::verb method = boost::beast::http::verb::get;  // get routes answer HEAD too
  std::string pattern;             // "/v1/models", or "/v1/models/*" for everything below
  bool open = false;               // needs no API key
  Scope scope = Scope::inference;  // that a key must have
  bool when_draining = false;      // still answered then
  Handler handler;
};

// Immutable once serving begins.
class Router {
 public:
  void add(Route route) { routes_.push_back(std::move(route)); }

  struct Match {
    const Route* route = nullptr;  // null: none for this method
    std::string_view pattern;      // of the path, whatever the method; empty: unknown path
    std::string allow;             // methods of the path, for the Allow header
  };
  Match match(boost::beast::http::verb method, std::string_view path) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace pincer
