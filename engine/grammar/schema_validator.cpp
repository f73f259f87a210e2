#include "engine/grammar/schema_validator.h"

#include <algorithm>
#include <string>

#include "engine/grammar/intersection.h"
#include "engine/grammar/limits.h"
#include "engine/grammar/regex.h"
#include "engine/grammar/string_formats.h"

namespace pincer::grammar {
namespace {

constexpr int kMaxSteps = 2'000'000;  // schemas and values that values are compared with

int characters_of(const std::string& text) {
  return static_cast<int>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

}  // namespace

bool has_type(const Json& value, std::string_view type) {
  switch (value.kind) {
    case Json::Kind::null:
      return type == "null";
    case Json::Kind::boolean:
      return type == "boolean";
    case Json::Kind::string:
      return type == "string";
    case Json::Kind::array:
      return type == "array";
    case Json::Kind::object:
      return type == "object";
    case Json::Kind::number:
      break;
  }
  if (type == "number") return true;
  const auto number = read_decimal(value.text);
  return type == "integer" && number && number->fraction.empty();
}

std::vector<std::string> types_of(const Json& schema) {
  std::vector<std::string> out;
  const Json* type = schema.find("type");
  if (type == nullptr) return out;
  if (type->is_string()) out.push_back(type->text);
  for (const Json& one : type->items) out.push_back(one.text);
  return out;
}

bool SchemaValidator::valid(const Conjunction& schemas, const Json& value) {
  return std::all_of(schemas.begin(), schemas.end(),
                     [&](const Json* schema) { return valid(*schema, value); });
}

bool SchemaValidator::valid(const Json& schema, const Json& value, int depth) {
  if (source_.failed()) return false;
  if (depth > kMaxNesting || ++steps_ > kMaxSteps) {
    source_.fail(schema, "the values that it names take too long to check", ErrorCode::limit);
    return false;
  }
  if (schema.is_boolean()) return schema.truth;
  source_.check_keywords(schema);
  const std::vector<std::string> types = types_of(schema);
  const auto is_type = [&](const std::string& type) { return has_type(value, type); };
  if (!types.empty() && std::none_of(types.begin(), types.end(), is_type)) return false;
  if (const Json* list = schema.find("enum"); list != nullptr && !lists(*list, value)) return false;
  const Json* only = schema.find("const");
  if (only != nullptr && !equal(*only, value)) return false;
  if (value.is_number()) {
    const auto number = read_decimal(value.text);
    if (!number) source_.fail(value, "a number of at most 40 digits is expected");
    if (!number || !source_.bounds(schema).contains(*number)) return false;
  }
  return valid_string(schema, value) && valid_array(schema, value, depth) &&
         valid_object(schema, value, depth) && valid_combinations(schema, value, depth);
}

bool SchemaValidator::lists(const Json& list, const Json& value) {
  // Most values that are looked at are the list's own.
  if (&value >= &list.items.front() && &value <= &list.items.back()) return true;
  steps_ += static_cast<int>(list.items.size());
  return std::any_of(list.items.begin(), list.items.end(),
                     [&](const Json& other) { return equal(other, value); });
}

bool SchemaValidator::valid_combinations(const Json& schema, const Json& value, int depth) {
  const auto holds = [&](const Json& other) { return valid(other, value, depth + 1); };
  if (const Json* reference = schema.find("$ref")) {
    const Json* target = source_.resolve(*reference);
    if (target == nullptr || !holds(*target)) return false;
  }
  const Json* all = schema.find("allOf");
  if (all != nullptr && !std::all_of(all->items.begin(), all->items.end(), holds)) return false;
  const Json* any = schema.find("anyOf");
  if (any != nullptr && std::none_of(any->items.begin(), any->items.end(), holds)) return false;
  const Json* one = schema.find("oneOf");
  return one == nullptr || std::count_if(one->items.begin(), one->items.end(), holds) == 1;
}

bool SchemaValidator::fits(const std::string& pattern, const Json& where, const std::string& text) {
  const std::string inside = json_string(text).substr(1, json_string(text).size() - 2);
  auto expr = read_regex(grammar_, pattern, RegexUse::json_string);
  auto found = expr ? matches(grammar_, *expr, inside) : Result<bool>(expr.error());
  if (!found) source_.fail(where, found.error().message, found.error().code);
  return found.ok() && *found;
}

bool SchemaValidator::valid_string(const Json& schema, const Json& value) {
  if (!value.is_string()) return true;
  const int size = characters_of(value.text);
  if (size < source_.count(schema, "minLength").value_or(0)) return false;
  if (size > source_.count(schema, "maxLength").value_or(size)) return false;
  const Json* pattern = schema.find("pattern");
  if (pattern != nullptr && !fits(pattern->text, *pattern, value.text)) return false;
  const Json* format = schema.find("format");
  if (format == nullptr) return true;
  const auto known = format_pattern(format->text);
  if (!known) source_.unsupported(schema, "the format '" + format->text + "'", "use a pattern");
  return known && fits(*known, *format, value.text);
}

bool SchemaValidator::valid_array(const Json& schema, const Json& value, int depth) {
  if (!value.is_array()) return true;
  const int size = static_cast<int>(value.items.size());
  if (size < source_.count(schema, "minItems").value_or(0)) return false;
  if (size > source_.count(schema, "maxItems").value_or(size)) return false;
  const Json* prefix = schema.find("prefixItems");
  const Json* rest = schema.find("items");
  for (std::size_t i = 0; i < value.items.size(); ++i) {
    const bool in_prefix = prefix != nullptr && i < prefix->items.size();
    const Json* own = in_prefix ? &prefix->items[i] : rest;
    if (own != nullptr && !valid(*own, value.items[i], depth + 1)) return false;
  }
  return true;
}

bool SchemaValidator::valid_object(const Json& schema, const Json& value, int depth) {
  if (!value.is_object()) return true;
  const int size = static_cast<int>(value.members.size());
  if (size < source_.count(schema, "minProperties").value_or(0)) return false;
  if (size > source_.count(schema, "maxProperties").value_or(size)) return false;
  if (const Json* required = schema.find("required")) {
    for (const Json& name : required->items) {
      if (value.find(name.text) == nullptr) return false;
    }
  }
  const Json* properties = schema.find("properties");
  const Json* patterns = schema.find("patternProperties");
  const Json* others = schema.find("additionalProperties");
  for (const auto& [name, member] : value.members) {
    const Json* own = properties != nullptr ? properties->find(name) : nullptr;
    bool named = own != nullptr;
    if (own != nullptr && !valid(*own, member, depth + 1)) return false;
    for (std::size_t i = 0; patterns != nullptr && i < patterns->members.size(); ++i) {
      if (!fits(patterns->members[i].key, *patterns, name)) continue;
      named = true;
      if (!valid(patterns->members[i].value, member, depth + 1)) return false;
    }
    if (!named && others != nullptr && !valid(*others, member, depth + 1)) return false;
  }
  return true;
}

}  // namespace pincer::grammar
