#include "engine/grammar/schema_compiler.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "engine/grammar/limits.h"
#include "engine/grammar/schema.h"

namespace pincer::grammar {
namespace {

// Of the types that a schema's other keywords speak of: what has properties is an object, although
// by the letter such a schema lets everything else pass.
struct Hint {
  const char* keyword;
  const char* type;
};
constexpr Hint kHints[] = {
    {"properties", "object"},
    {"required", "object"},
    {"additionalProperties", "object"},
    {"patternProperties", "object"},
    {"minProperties", "object"},
    {"maxProperties", "object"},
    {"items", "array"},
    {"prefixItems", "array"},
    {"minItems", "array"},
    {"maxItems", "array"},
    {"minLength", "string"},
    {"maxLength", "string"},
    {"pattern", "string"},
    {"format", "string"},
    {"minimum", "number"},
    {"maximum", "number"},
    {"exclusiveMinimum", "number"},
    {"exclusiveMaximum", "number"},
};

void keep(Types& types, const std::vector<std::string>& names) {
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  types.null = types.null && has("null");
  types.boolean = types.boolean && has("boolean");
  types.string = types.string && has("string");
  types.array = types.array && has("array");
  types.object = types.object && has("object");
  const Types::Number most = has("number")    ? Types::any
                             : has("integer") ? Types::integer
                                              : Types::none;
  types.number = std::min(types.number, most);
}

bool is_type_name(const std::string& name) {
  constexpr std::string_view kNames[] = {"null",   "boolean", "string", "array",
                                         "object", "number",  "integer"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

}  // namespace

Result<Grammar> SchemaCompiler::run() {
  anything_.kind = Json::Kind::boolean;
  anything_.truth = true;
  const ExprId whole = value({&root_});
  grammar_.root = grammar_.declare("the schema");
  grammar_.define(grammar_.root, whole);
  while (!todo_.empty() && !source_.failed()) {
    const auto place = todo_.back();
    todo_.pop_back();
    std::vector<ExprId> ways;
    for (const Alternative& way : source_.expand(place->first)) ways.push_back(alternative(way));
    grammar_.define(place->second, grammar_.choice(ways));
    if (grammar_.full()) {
      source_.fail(*place->first.front(), "it is too large; use fewer properties and values",
                   ErrorCode::limit);
    }
  }
  if (source_.failed()) return source_.error();
  return std::move(grammar_);
}

// Schemas that hold at one place are compiled once, however often that place is referred to.
ExprId SchemaCompiler::value(Conjunction schemas) {
  std::erase_if(schemas, [](const Json* s) { return s->is_boolean() && s->truth; });
  if (schemas.empty()) return rules_.value();
  const auto [found, is_new] = places_.emplace(in_order(std::move(schemas)), -1);
  if (is_new) {
    found->second = grammar_.declare("a value");
    todo_.push_back(found);
  }
  return grammar_.call(found->second);
}

bool SchemaCompiler::check(const Result<ExprId>& expr, const Json& where) {
  if (!expr) source_.fail(where, expr.error().message, expr.error().code);
  return expr.ok();
}

Types SchemaCompiler::types(const Conjunction& schemas) {
  Types out;
  std::vector<std::string> hinted;
  bool named = false;
  for (const Json* schema : schemas) {
    const std::vector<std::string> own = types_of(*schema);
    for (const std::string& name : own) {
      if (!is_type_name(name)) source_.fail(*schema, fmt::format("there is no type '{}'", name));
    }
    if (!own.empty()) keep(out, own);
    named = named || !own.empty();
    for (const Hint& hint : kHints) {
      if (schema->find(hint.keyword) != nullptr) hinted.emplace_back(hint.type);
    }
  }
  if (!named && !hinted.empty()) keep(out, hinted);
  return out;
}

// Those that enum or const list, where one does.
std::vector<const Json*> SchemaCompiler::values(const Conjunction& schemas) const {
  std::vector<const Json*> out;
  for (const Json* schema : schemas) {
    if (const Json* only = schema->find("const")) return {only};
    const Json* list = schema->find("enum");
    if (list == nullptr || !out.empty()) continue;
    for (const Json& value : list->items) out.push_back(&value);
  }
  return out;
}

ExprId SchemaCompiler::alternative(const Alternative& way) {
  for (const Json* other : way.others) {
    if (source_.failed() || excludes(way.schemas, *other, 0)) continue;
    source_.unsupported(*other, "oneOf with alternatives that may hold at once",
                        "write anyOf, or give each a property with a const of its own");
  }
  if (source_.failed()) return -1;
  const std::vector<const Json*> listed = values(way.schemas);
  if (!listed.empty()) return listed_values(way.schemas, listed);
  const Types allowed = types(way.schemas);
  std::vector<ExprId> forms;
  if (allowed.object) forms.push_back(object(way.schemas));
  if (allowed.array) forms.push_back(array(way.schemas));
  if (allowed.string) forms.push_back(string(way.schemas));
  if (allowed.number != Types::none) {
    forms.push_back(number(way.schemas, allowed.number == Types::integer));
  }
  if (allowed.boolean) {
    forms.push_back(grammar_.literal("true"));
    forms.push_back(grammar_.literal("false"));
  }
  if (allowed.null) forms.push_back(grammar_.literal("null"));
  return grammar_.choice(forms);
}

ExprId SchemaCompiler::listed_values(const Conjunction& schemas,
                                     const std::vector<const Json*>& values) {
  std::vector<ExprId> forms;
  for (const Json* value : values) {
    if (validator_.valid(schemas, *value)) forms.push_back(literal(*value));
    if (source_.failed()) return -1;
  }
  return grammar_.choice(forms);
}

ExprId SchemaCompiler::literal(const Json& value) {
  std::vector<ExprId> parts;
  switch (value.kind) {
    case Json::Kind::null:
      return grammar_.literal("null");
    case Json::Kind::boolean:
      return grammar_.literal(value.truth ? "true" : "false");
    case Json::Kind::number:
      return grammar_.literal(value.text);
    case Json::Kind::string:
      return grammar_.literal(json_string(value.text));
    case Json::Kind::array:
      for (const Json& item : value.items) {
        if (!parts.empty()) parts.push_back(rules_.comma());
        parts.push_back(literal(item));
      }
      return rules_.enclosed('[', grammar_.sequence(parts), ']');
    case Json::Kind::object:
      for (const auto& [key, member] : value.members) {
        if (!parts.empty()) parts.push_back(rules_.comma());
        parts.push_back(grammar_.literal(json_string(key)));
        parts.push_back(rules_.colon());
        parts.push_back(literal(member));
      }
      return rules_.enclosed('{', grammar_.sequence(parts), '}');
  }
  return -1;
}

Result<Grammar> read_schema(std::string_view text) {
  auto document = read_json(text);
  if (!document) return document.error();
  return SchemaCompiler(*document).run();
}

Grammar json_object() {
  Grammar grammar;
  const ExprId object = JsonRules(grammar).object();
  grammar.root = grammar.declare("the object");
  grammar.define(grammar.root, object);
  return grammar;
}

}  // namespace pincer::grammar
