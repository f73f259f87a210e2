// JSON as a schema needs it: members in their order, numbers as they were written, and where each
// value stands.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer::grammar {

struct JsonMember;

struct Json {
  enum class Kind { null, boolean, number, string, array, object };
  Kind kind = Kind::null;
  bool truth = false;
  std::string text;                 // a string's characters, a number's digits
  std::vector<Json> items;          // of an array
  std::vector<JsonMember> members;  // of an object
  std::size_t at = 0;               // byte of the source

  bool is_object() const { return kind == Kind::object; }
  bool is_array() const { return kind == Kind::array; }
  bool is_string() const { return kind == Kind::string; }
  bool is_number() const { return kind == Kind::number; }
  bool is_boolean() const { return kind == Kind::boolean; }
  const Json* find(std::string_view key) const;  // null where there is none
};

struct JsonMember {
  std::string key;
  Json value;
};

// Errors: invalid_argument (not JSON: says where; a key twice), limit (nested too deep).
Result<Json> read_json(std::string_view text);

// The same value: numbers by value (as doubles), objects whatever the order of their members.
bool equal(const Json& a, const Json& b);

// A JSON string with its quotes, escaped as far as it must be.
std::string json_string(std::string_view text);

}  // namespace pincer::grammar
