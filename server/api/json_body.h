// The body of a request as a JSON object.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <string_view>
#include <variant>

#include "server/http/problem.h"

namespace pincer {

// A problem where it is not valid JSON, nested more deeply than `max_depth`, or no object.
std::variant<boost::json::object, Problem> parse_json_body(std::string_view body,
                                                           std::size_t max_depth);

}  // namespace pincer
