// Fields of other servers' JSON, which may be missing or of another type than they should be.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

namespace pincer {

inline const boost::json::object* object_at(const boost::json::object& object,
                                            std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  return value != nullptr ? value->if_object() : nullptr;
}

inline std::string_view text_at(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  const boost::json::string* text = value != nullptr ? value->if_string() : nullptr;
  return text != nullptr ? std::string_view(*text) : std::string_view();
}

inline int number_at(const boost::json::object& object, std::string_view key, int otherwise = 0) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return otherwise;
  boost::system::error_code error;
  const int number = value->to_number<int>(error);
  return error ? otherwise : number;
}

}  // namespace pincer
