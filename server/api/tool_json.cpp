#include "server/api/tool_json.h"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

namespace pincer {
namespace json = boost::json;

bool is_tool_name(std::string_view name) {
  constexpr std::size_t kMost = 64;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

json::object call_arguments(std::string_view text) {
  if (text.empty()) return {};
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  return {{"raw", text}};
}

}  // namespace pincer
