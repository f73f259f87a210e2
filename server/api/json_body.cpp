#include "server/api/json_body.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <utility>

#include "server/api/json_fields.h"

namespace pincer {
namespace json = boost::json;

std::variant<json::object, Problem> parse_json_body(std::string_view body, std::size_t max_depth) {
  json::parse_options options;
  options.max_depth = max_depth;
  boost::system::error_code error;
  json::value value =
      json::parse(body, error, json::make_shared_resource<json::monotonic_resource>(), options);
  if (error) {
    return Problem{.message = fmt::format("The body is not valid JSON: {}.", error.message()),
                   .code = "invalid_json"};
  }
  if (!value.is_object()) {
    return Problem{
        .message = fmt::format("The body must be a JSON object, but is {}.", json_kind_name(value)),
        .code = "invalid_type"};
  }
  return std::move(value.get_object());
}

}  // namespace pincer
