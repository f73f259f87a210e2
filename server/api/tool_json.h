// Tools and their calls as the dialects that are not OpenAI's write them.
#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

namespace pincer {

// [a-zA-Z0-9_.-]{1,64}
bool is_tool_name(std::string_view name);

// The arguments of a call as an object. A model may write something else where nothing holds it to
// the schema: that is then the object's only field, "raw".
boost::json::object call_arguments(std::string_view text);

}  // namespace pincer
