// Tools and their calls, as more than one dialect has them.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/server/chat_request.h"
#include "server/api/json_fields.h"

namespace pincer {

// [a-zA-Z0-9_.-]{1,128}
bool is_tool_name(std::string_view name);

// No two of "tools" have a name, and their parameters are not too long together.
void check_tools(JsonFields& fields, const std::vector<Tool>& tools);

// The arguments of a call as an object. A model may write something else where nothing holds it to
// the schema: that is then the object's only field, "raw".
boost::json::object call_arguments(std::string_view text);

}  // namespace pincer
