#include "server/api/tool_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "server/api/request_limits.h"

namespace pincer {
namespace json = boost::json;

bool is_tool_name(std::string_view name) {
  constexpr std::size_t kMost = 128;
  return !name.empty() && name.size() <= kMost && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  });
}

void check_tools(JsonFields& fields, const std::vector<Tool>& tools) {
  std::size_t bytes = 0;
  for (const Tool& tool : tools) {
    bytes += tool.parameters.size();
    if (std::ranges::count(tools, tool.name, &Tool::name) > 1)
      fields.wrong_value("tools", fmt::format("there are two tools '{}'", tool.name));
  }
  if (bytes <= kMaxToolBytes) return;
  fields.wrong_value("tools", fmt::format("their parameters have at most {} bytes together, but "
                                          "these have {}",
                                          kMaxToolBytes, bytes));
}

json::object call_arguments(std::string_view text) {
  if (text.empty()) return {};
  boost::system::error_code error;
  json::value value = json::parse(text, error);
  if (!error && value.is_object()) return std::move(value.get_object());
  return {{"raw", text}};
}

}  // namespace pincer
