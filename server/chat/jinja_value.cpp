#include "server/chat/jinja_value.h"

#include <boost/json.hpp>
#include <string>
#include <utility>

namespace pincer {
namespace json = boost::json;

jinja::Value jinja_value(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      break;
    case json::kind::bool_:
      return value.get_bool();
    case json::kind::int64:
      return value.get_int64();
    case json::kind::uint64:
      return static_cast<double>(value.get_uint64());
    case json::kind::double_:
      return value.get_double();
    case json::kind::string: {
      const json::string& text = value.get_string();
      return jinja::Value::text(std::string(text.data(), text.size()), false);
    }
    case json::kind::array: {
      jinja::List list;
      for (const json::value& item : value.get_array()) list.push_back(jinja_value(item));
      return list;
    }
    case json::kind::object: {
      jinja::Object object;
      for (const auto& [key, member] : value.get_object())
        object.emplace_back(std::string(key), jinja_value(member));
      return object;
    }
  }
  return {};
}

}  // namespace pincer
