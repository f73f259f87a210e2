// Which keywords a schema may have.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "engine/grammar/schema_source.h"

namespace pincer::grammar {
namespace {

template <std::size_t n>
bool is_one_of(std::string_view key, const std::array<std::string_view, n>& list) {
  return std::find(list.begin(), list.end(), key) != list.end();
}

// They say nothing about what is valid.
constexpr std::array<std::string_view, 14> kAnnotations = {
    "title",   "description", "default",       "examples", "example",
    "$schema", "$comment",    "deprecated",    "readOnly", "writeOnly",
    "$defs",   "definitions", "discriminator", "$id"};

constexpr std::array<std::string_view, 14> kChecked = {
    "type",     "enum",    "const",         "minLength",       "maxLength",
    "minimum",  "maximum", "minItems",      "maxItems",        "exclusiveMinimum",
    "required", "pattern", "minProperties", "exclusiveMaximum"};

bool is_schema(const Json& value) { return value.is_object() || value.is_boolean(); }

bool are_schemas(const Json& list) {
  return list.is_array() && !list.items.empty() &&
         std::all_of(list.items.begin(), list.items.end(), is_schema);
}

bool is_schema_map(const Json& map) {
  return map.is_object() && std::all_of(map.members.begin(), map.members.end(),
                                        [](const auto& m) { return is_schema(m.value); });
}

bool are_strings(const Json& list) {
  return list.is_array() && std::all_of(list.items.begin(), list.items.end(),
                                        [](const Json& i) { return i.is_string(); });
}

bool is_integer(const Json& value, std::string_view digits) {
  const auto number = value.is_number() ? read_decimal(value.text) : std::nullopt;
  return number && number->whole == digits && number->fraction.empty();
}

}  // namespace

void SchemaSource::check_keywords(const Json& schema) {
  if (!schema.is_object()) return fail(schema, "a schema is an object, true or false");
  for (const auto& [key, value] : schema.members) {
    if (failed()) return;
    if (is_one_of(key, kAnnotations) || key.starts_with("x-")) {
      if (key == "$id" && &schema != &root_)
        unsupported(schema, "$id inside of a schema", "use #/$defs/...");
      continue;
    }
    if (!check_keyword(schema, key, value)) return;
  }
}

bool SchemaSource::check_keyword(const Json& schema, const std::string& key, const Json& value) {
  const auto expect = [&](bool right, const char* what) {
    if (!right) fail(value, key + " must be " + what);
    return right;
  };
  if (key == "properties" || key == "patternProperties") {
    return expect(is_schema_map(value), "an object of schemas");
  }
  if (key == "allOf" || key == "anyOf" || key == "oneOf" || key == "prefixItems") {
    return expect(are_schemas(value), "a list of schemas, at least one");
  }
  if (key == "items" && value.is_array()) {
    unsupported(schema, "a list as items", "write prefixItems");
    return false;
  }
  if (key == "additionalProperties" || key == "items") return expect(is_schema(value), "a schema");
  if (key == "required") return expect(are_strings(value), "a list of names");
  if (key == "pattern" || key == "format" || key == "$ref") {
    return expect(value.is_string(), "a string");
  }
  if (key == "enum") {
    return expect(value.is_array() && !value.items.empty(), "a list, at least one value");
  }
  if (key == "type") {
    return expect(value.is_string() || are_strings(value), "a name or a list of names");
  }
  if (is_one_of(key, kChecked) || key == "maxProperties") return true;  // where they are read
  if (key == "uniqueItems") {
    if (value.is_boolean() && !value.truth) return true;
    const auto most = count(schema, "maxItems");
    if (most && *most <= 1) return true;
  }
  if (key == "multipleOf" && is_integer(value, "1")) {
    const Json* type = schema.find("type");
    if (type != nullptr && type->text == "integer") return true;
  }
  unsupported(schema, "the keyword '" + key + "'", "take it out, and check the answer yourself");
  return false;
}

}  // namespace pincer::grammar
