#include "server/api/json_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

namespace pincer {
namespace json = boost::json;

std::string_view json_kind_name(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return "null";
    case json::kind::bool_:
      return "a boolean";
    case json::kind::int64:
    case json::kind::uint64:
      return "an integer";
    case json::kind::double_:
      return "a decimal";
    case json::kind::string:
      return "a string";
    case json::kind::array:
      return "an array";
    case json::kind::object:
      return "an object";
  }
  return "something else";
}

const json::value* JsonFields::find(std::string_view key) const {
  if (failed()) return nullptr;
  const json::value* value = object_.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

bool JsonFields::boolean(std::string_view key, bool& out) {
  const json::value* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_bool()) return wrong_type(key, "a boolean", *value), false;
  out = value->get_bool();
  return true;
}

bool JsonFields::text(std::string_view key, std::string& out) {
  const json::value* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_string()) return wrong_type(key, "a string", *value), false;
  out.assign(value->get_string().data(), value->get_string().size());
  return true;
}

bool JsonFields::number(std::string_view key, float& out, double low, double high) {
  const json::value* value = find(key);
  if (value == nullptr) return false;
  if (!value->is_number()) return wrong_type(key, "a number", *value), false;
  const double number = value->to_number<double>();
  if (!(number >= low && number <= high)) {
    return wrong_value(key, fmt::format("must be from {} to {}, but is {}", low, high, number)),
           false;
  }
  out = static_cast<float>(number);
  return true;
}

bool JsonFields::integer(std::string_view key, std::int64_t& out, std::int64_t low,
                         std::int64_t high) {
  const json::value* value = find(key);
  if (value == nullptr) return false;
  const bool too_large = value->is_uint64();  // the parser uses it only for what int64 cannot hold
  if (!value->is_int64() && !too_large) return wrong_type(key, "an integer", *value), false;
  if (too_large || value->get_int64() < low || value->get_int64() > high) {
    return wrong_value(key, fmt::format("must be from {} to {}, but is {}", low, high,
                                        json::serialize(*value))),
           false;
  }
  out = value->get_int64();
  return true;
}

const json::object* JsonFields::object(std::string_view key) {
  const json::value* value = find(key);
  if (value == nullptr) return nullptr;
  if (!value->is_object()) return wrong_type(key, "an object", *value), nullptr;
  return &value->get_object();
}

void JsonFields::allow(std::span<const std::string_view> keys) {
  for (const auto& [key, value] : object_) {
    if (value.is_null() || std::ranges::find(keys, std::string_view(key)) != keys.end()) continue;
    fail(key,
         fmt::format("Unknown parameter: '{}{}'. Leave it out.", prefix_, std::string_view(key)),
         "unknown_parameter");
  }
}

void JsonFields::wrong_type(std::string_view key, std::string_view expected,
                            const json::value& got) {
  fail(key,
       fmt::format("Invalid type for '{}{}': expected {}, but got {} instead.", prefix_, key,
                   expected, json_kind_name(got)),
       "invalid_type");
}

void JsonFields::wrong_value(std::string_view key, std::string_view why) {
  fail(key, fmt::format("Invalid value for '{}{}': {}.", prefix_, key, why), "invalid_value");
}

void JsonFields::unsupported(std::string_view key, std::string_view why) {
  fail(key, fmt::format("Unsupported parameter '{}{}': {}.", prefix_, key, why),
       "unsupported_parameter");
}

void JsonFields::fail(std::string_view key, std::string message, std::string_view code) {
  if (failed()) return;
  problem_ = Problem{.message = std::move(message),
                     .param = prefix_ + std::string(key),
                     .code = std::string(code)};
}

}  // namespace pincer
