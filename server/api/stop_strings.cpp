#include "server/api/stop_strings.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "server/api/request_limits.h"

namespace pincer {
namespace json = boost::json;

namespace {}  // namespace

void parse_stops(JsonFields& fields, EmptyStop empty, std::vector<std::string>& stops) {
  const json::value* value = fields.find("stop");
  if (value == nullptr) return;
  json::array one;
  if (value->is_string()) one.push_back(*value);
  if (!value->is_string() && !value->is_array())
    return fields.wrong_type("stop", "a string or an array", *value);
  const json::array& array = value->is_array() ? value->get_array() : one;
  if (array.size() > kMaxStops)
    return fields.wrong_value("stop", fmt::format("at most {} are taken", kMaxStops));
  for (const json::value& stop : array) {
    if (!stop.is_string()) return fields.wrong_type("stop", "an array of strings", stop);
    const json::string& text = stop.get_string();
    if (text.empty() && empty == EmptyStop::left_out) continue;
    if (text.empty() || text.size() > kMaxStopBytes) {
      return fields.wrong_value("stop",
                                fmt::format("a stop string has from 1 to {} bytes", kMaxStopBytes));
    }
    stops.emplace_back(text.data(), text.size());
  }
}

}  // namespace pincer
