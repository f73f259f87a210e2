#include "server/http/request.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>

namespace pincer {
namespace beast = boost::beast;

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
    if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

std::string_view Request::header(beast::http::field name) const {
  const auto found = headers.find(name);
  if (found == headers.end()) return {};
  return {found->value().data(), found->value().size()};
}

std::optional<Target> parse_target(std::string_view target) {
  Target out;
  constexpr std::string_view kHttp = "http://";
  if (target.size() >= kHttp.size() && beast::iequals(target.substr(0, kHttp.size()), kHttp)) {
    target.remove_prefix(kHttp.size());
    const auto slash = target.find_first_of("/?");
    out.authority = target.substr(0, slash);
    if (out.authority.empty()) return std::nullopt;
    target = slash == std::string_view::npos || target[slash] == '?' ? "/" : target.substr(slash);
  }
  if (target == "*") {
    out.path = target;
    return out;
  }
  if (!target.starts_with('/')) return std::nullopt;
  auto path = percent_decode(target.substr(0, target.find_first_of("?#")));
  if (!path) return std::nullopt;
  out.path = *std::move(path);
  const std::string_view whole = target.substr(0, target.find('#'));
  if (const auto mark = whole.find('?'); mark != std::string_view::npos)
    out.query = whole.substr(mark + 1);
  return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (pair.substr(0, equals) != name) continue;
    if (equals == std::string_view::npos) return std::string();
    std::string value(pair.substr(equals + 1));
    std::ranges::replace(value, '+', ' ');
    return percent_decode(value);
  }
  return std::nullopt;
}

bool is_json_content_type(std::string_view value) {
  const auto semicolon = value.find(';');
  if (!beast::iequals(trimmed(value.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  const std::string_view parameter = trimmed(value.substr(semicolon + 1));
  constexpr std::string_view kCharset = "charset=";
  if (parameter.size() < kCharset.size() ||
      !beast::iequals(parameter.substr(0, kCharset.size()), kCharset)) {
    return true;
  }
  const std::string_view charset = parameter.substr(kCharset.size());
  return beast::iequals(charset, "utf-8") || beast::iequals(charset, "\"utf-8\"") ||
         beast::iequals(charset, "utf8");
}

}  // namespace pincer
