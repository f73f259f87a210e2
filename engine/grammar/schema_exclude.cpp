// oneOf: exactly one of its branches holds, so what is generated for one must be invalid for the
// others. That is proved here where it can be, from types, values, bounds and properties.
#include <algorithm>

#include "engine/grammar/limits.h"
#include "engine/grammar/schema_compiler.h"

namespace pincer::grammar {
namespace {

constexpr int kMostDepth = 8;  // of properties in properties

bool requires_property(const Conjunction& schemas, const std::string& name) {
  return std::any_of(schemas.begin(), schemas.end(), [&](const Json* schema) {
    const Json* list = schema->find("required");
    return list != nullptr && std::any_of(list->items.begin(), list->items.end(),
                                          [&](const Json& item) { return item.text == name; });
  });
}

// Whether an object that is made for these schemas can have the property.
bool may_have(const Conjunction& schemas, const std::string& name) {
  bool describes = false;
  for (const Json* schema : schemas) {
    const Json* properties = schema->find("properties");
    if (properties != nullptr && properties->find(name) != nullptr) return true;
    if (schema->find("patternProperties") != nullptr) return true;
    const Json* others = schema->find("additionalProperties");
    if (others != nullptr && !(others->is_boolean() && !others->truth)) return true;
    describes = describes || properties != nullptr || others != nullptr;
  }
  return !describes || requires_property(schemas, name);
}

// Types that these schemas name; all where they name none.
Types named_types(const Conjunction& schemas) {
  Types out;
  for (const Json* schema : schemas) {
    const std::vector<std::string> own = types_of(*schema);
    if (own.empty()) continue;
    const auto has = [&](const char* name) {
      return std::find(own.begin(), own.end(), name) != own.end();
    };
    out.null = out.null && has("null");
    out.boolean = out.boolean && has("boolean");
    out.string = out.string && has("string");
    out.array = out.array && has("array");
    out.object = out.object && has("object");
    if (!has("number") && !has("integer")) out.number = Types::none;
  }
  return out;
}

}  // namespace

bool SchemaCompiler::excludes(const Conjunction& made, const Json& other, int depth) {
  const std::vector<Alternative> ways = source_.expand({&other});
  return std::all_of(ways.begin(), ways.end(),
                     [&](const Alternative& way) { return excludes(made, way.schemas, depth); });
}

bool SchemaCompiler::excludes(const Conjunction& made, const Conjunction& other, int depth) {
  if (source_.failed() || depth > kMostDepth) return false;
  const std::vector<const Json*> listed = values(made);
  if (!listed.empty()) {
    return std::all_of(listed.begin(), listed.end(), [&](const Json* value) {
      return !validator_.valid(made, *value) || !validator_.valid(other, *value);
    });
  }
  return types_exclude(made, other) || objects_exclude(made, other, depth);
}

bool SchemaCompiler::types_exclude(const Conjunction& made, const Conjunction& other) {
  const Types a = types(made);
  const Types b = named_types(other);
  const std::vector<const Json*> listed = values(other);
  const auto lists = [&](const char* type) {
    return listed.empty() || std::any_of(listed.begin(), listed.end(),
                                         [&](const Json* value) { return has_type(*value, type); });
  };
  const auto apart = [&](const char* min, const char* max) {
    const auto [min_a, max_a] = counts(made, min, max);
    const auto [min_b, max_b] = counts(other, min, max);
    return (max_a != kUnbounded && max_a < min_b) || (max_b != kUnbounded && max_b < min_a);
  };
  const bool numbers = a.number != Types::none && b.number != Types::none && lists("number") &&
                       !bounds(made).disjoint(bounds(other));
  const bool strings = a.string && b.string && lists("string") && !apart("minLength", "maxLength");
  const bool arrays = a.array && b.array && lists("array") && !apart("minItems", "maxItems");
  return !numbers && !strings && !arrays && !(a.null && b.null && lists("null")) &&
         !(a.boolean && b.boolean && lists("boolean")) &&
         !(a.object && b.object && lists("object"));
}

// Of objects: one has a property that the other cannot have, or both have one with other values.
bool SchemaCompiler::objects_exclude(const Conjunction& made, const Conjunction& other, int depth) {
  const Types a = types(made);
  if (!a.object || a.null || a.boolean || a.string || a.array || a.number != Types::none) {
    return false;
  }
  for (const Json* schema : other) {
    const Json* list = schema->find("required");
    for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
      if (!may_have(made, list->items[i].text)) return true;
    }
  }
  for (const Json* schema : made) {
    const Json* list = schema->find("required");
    for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
      const std::string& name = list->items[i].text;
      const Conjunction theirs = schemas_of(other, name);
      const std::vector<Alternative> ours = source_.expand(schemas_of(made, name));
      for (const Json* their : theirs) {
        const bool all = std::all_of(ours.begin(), ours.end(), [&](const Alternative& way) {
          return excludes(way.schemas, *their, depth + 1);
        });
        if (all) return true;
      }
    }
  }
  return false;
}

}  // namespace pincer::grammar
