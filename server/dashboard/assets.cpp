#include "server/dashboard/assets.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <functional>

namespace pincer {
namespace {

using boost::beast::http::field;

// Only files of this server, and requests only to it: a script that gets into an answer's text
// cannot run, nor send anything away.
constexpr std::string_view kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// Calls is(element) for each element of a comma-separated list until one is.
template <class Is>
bool any_of_list(std::string_view list, Is is) {
  while (!list.empty()) {
    const std::string_view element = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), element.size() + 1));
    if (is(trimmed(element))) return true;
  }
  return false;
}

// RFC 9110, 12.5.3, as far as it says something about gzip.
bool takes_gzip(const Request& request) {
  return any_of_list(request.header(field::accept_encoding), [](std::string_view coding) {
    const auto semicolon = coding.find(';');
    if (!beast::iequals(trimmed(coding.substr(0, semicolon)), "gzip")) return false;
    if (semicolon == std::string_view::npos) return true;
    const std::string_view weight = trimmed(coding.substr(semicolon + 1));
    return weight.find_first_of("123456789") != std::string_view::npos;
  });
}

// RFC 9110, 13.1.2: compared weakly. Both codings of a file are the same to this end.
bool has_it(const Request& request, std::string_view digest) {
  return any_of_list(request.header(field::if_none_match), [digest](std::string_view tag) {
    if (tag == "*") return true;
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() < 2 || tag.front() != '"' || tag.back() != '"') return false;
    tag = tag.substr(1, tag.size() - 2);
    return tag == digest || (tag.starts_with(digest) && tag.substr(digest.size()) == "-gzip");
  });
}

asio::awaitable<void> send_asset(const Asset& asset, Exchange& exchange) {
  const bool zipped = takes_gzip(exchange.request());
  Response response;
  response.headers = {
      {"ETag", fmt::format("\"{}{}\"", asset.digest, zipped ? "-gzip" : "")},
      {"Cache-Control", "no-cache"},  // kept, but asked for again: the next version has other files
      {"Vary", "Accept-Encoding"},
      {"Content-Security-Policy", std::string(kContentSecurityPolicy)},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "no-referrer"},
      {"Cross-Origin-Opener-Policy", "same-origin"},
      {"Cross-Origin-Resource-Policy", "same-origin"}};
  if (has_it(exchange.request(), asset.digest)) {
    response.status = 304;
    response.content_type.clear();
  } else {
    response.content_type = asset.content_type;
    response.body = zipped ? asset.gzip : asset.plain;
    if (zipped) response.headers.emplace_back("Content-Encoding", "gzip");
  }
  co_await exchange.send(std::move(response));
}

}  // namespace

void add_dashboard_routes(Router& router) {
  for (const Asset& asset : dashboard_assets()) {
    router.add({.pattern = std::string(asset.path),
                .open = true,
                .handler = std::bind_front(send_asset, std::cref(asset))});
  }
}

}  // namespace pincer
