#include "engine/grammar/schema_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "engine/grammar/limits.h"

namespace pincer::grammar {
namespace {

constexpr int kMaxExpansions = 50'000;  // of one document

// "a~1b" -> "a/b", "%20" -> " ": what a JSON pointer in a URI fragment escapes.
std::string unescape(std::string_view token) {
  std::string out;
  for (std::size_t i = 0; i < token.size(); ++i) {
    if (token.substr(i).starts_with("~0") || token.substr(i).starts_with("~1")) {
      out.push_back(token[++i] == '0' ? '~' : '/');
    } else if (token[i] == '%' && i + 2 < token.size()) {
      out.push_back(
          static_cast<char>(std::strtol(std::string(token.substr(i + 1, 2)).c_str(), nullptr, 16)));
      i += 2;
    } else {
      out.push_back(token[i]);
    }
  }
  return out;
}

const Json* child(const Json& value, const std::string& token) {
  if (value.is_object()) return value.find(token);
  if (!value.is_array() || token.empty() || token.size() > 9) return nullptr;
  if (token.find_first_not_of("0123456789") != std::string::npos) return nullptr;
  const auto i = static_cast<std::size_t>(std::stoul(token));
  return i < value.items.size() ? &value.items[i] : nullptr;
}

// The path from `from` to `where`, false when it is not below.
bool find_path(const Json& from, const Json& where, std::string& path) {
  if (&from == &where) return true;
  const std::size_t length = path.size();
  for (const auto& [key, value] : from.members) {
    path += "/" + key;
    if (find_path(value, where, path)) return true;
    path.resize(length);
  }
  for (std::size_t i = 0; i < from.items.size(); ++i) {
    path += "/" + std::to_string(i);
    if (find_path(from.items[i], where, path)) return true;
    path.resize(length);
  }
  return false;
}

}  // namespace

Conjunction in_order(Conjunction schemas) {
  const auto before = [](const Json* a, const Json* b) {
    return a->at != b->at ? a->at < b->at : std::less<>()(a, b);
  };
  std::sort(schemas.begin(), schemas.end(), before);
  schemas.erase(std::unique(schemas.begin(), schemas.end()), schemas.end());
  return schemas;
}

std::string SchemaSource::pointer_to(const Json& where) const {
  std::string path = "#";
  find_path(root_, where, path);
  return path;
}

void SchemaSource::fail(const Json& where, const std::string& what, ErrorCode code) {
  if (!failed()) error_ = Error{code, fmt::format("the schema at {}: {}", pointer_to(where), what)};
}

void SchemaSource::unsupported(const Json& where, const std::string& what,
                               const std::string& way_out) {
  fail(where, fmt::format("{} is not supported; {}", what, way_out), ErrorCode::unsupported);
}

const Json* SchemaSource::resolve(const Json& reference) {
  if (!reference.is_string()) {
    fail(reference, "$ref is not a string");
    return nullptr;
  }
  std::string_view rest = reference.text;
  if (!rest.starts_with('#') || (rest.size() > 1 && rest[1] != '/')) {
    unsupported(reference, fmt::format("the reference '{}'", reference.text),
                "refer into the same schema, as in #/$defs/name");
    return nullptr;
  }
  rest.remove_prefix(1);
  const Json* at = &root_;
  while (!rest.empty() && at != nullptr) {
    rest.remove_prefix(1);
    const std::size_t end = std::min(rest.find('/'), rest.size());
    at = child(*at, unescape(rest.substr(0, end)));
    rest.remove_prefix(end);
  }
  if (at == nullptr) fail(reference, fmt::format("'{}' refers to nothing", reference.text));
  return at;
}

// A conjunction on the way to alternatives.
struct SchemaSource::Partial {
  struct Todo {
    const Json* schema = nullptr;
    int parent = -1;  // in trail
  };
  struct Choice {
    const Json* branches = nullptr;
    bool exclusive = false;
    int parent = -1;
  };
  bool possible = true;
  Alternative made;
  std::vector<Todo> todo;
  std::vector<Choice> choices;
  std::vector<Todo> trail;  // schemas that were looked at, and from where they were reached
};

void SchemaSource::follow(Partial& p) {
  while (!p.todo.empty() && !failed()) {
    const Partial::Todo next = p.todo.back();
    p.todo.pop_back();
    const Json& schema = *next.schema;
    if (schema.is_boolean()) {
      p.possible = p.possible && schema.truth;
      if (!p.possible) return;
      continue;
    }
    for (int i = next.parent; i >= 0; i = p.trail[static_cast<std::size_t>(i)].parent) {
      if (p.trail[static_cast<std::size_t>(i)].schema == &schema) {
        return fail(schema,
                    "it refers to itself without anything in between, so it says nothing; "
                    "take the reference out");
      }
    }
    const auto& seen = p.made.schemas;
    if (std::find(seen.begin(), seen.end(), &schema) != seen.end()) continue;
    check_keywords(schema);
    if (failed()) return;
    p.made.schemas.push_back(&schema);
    p.trail.push_back(next);
    const int own = static_cast<int>(p.trail.size()) - 1;
    if (const Json* reference = schema.find("$ref")) {
      if (const Json* target = resolve(*reference)) p.todo.push_back({target, own});
    }
    if (const Json* all = schema.find("allOf")) {
      for (const Json& part : all->items) p.todo.push_back({&part, own});
    }
    if (const Json* any = schema.find("anyOf")) p.choices.push_back({any, false, own});
    if (const Json* one = schema.find("oneOf")) p.choices.push_back({one, true, own});
  }
}

void SchemaSource::multiply_out(Partial partial, std::vector<Alternative>& out) {
  follow(partial);
  if (failed() || !partial.possible) return;
  if (out.size() >= kMaxAlternatives || ++expansions_ > kMaxExpansions) {
    return fail(partial.made.schemas.empty() ? root_ : *partial.made.schemas.front(),
                fmt::format("there are more than {} combinations of alternatives; use fewer "
                            "anyOf and oneOf beside each other",
                            kMaxAlternatives),
                ErrorCode::limit);
  }
  if (partial.choices.empty()) {
    partial.made.schemas = in_order(std::move(partial.made.schemas));
    out.push_back(std::move(partial.made));
    return;
  }
  const Partial::Choice choice = partial.choices.back();
  partial.choices.pop_back();
  for (const Json& branch : choice.branches->items) {
    Partial next = partial;
    next.todo.push_back({&branch, choice.parent});
    if (choice.exclusive) {
      for (const Json& other : choice.branches->items) {
        if (&other != &branch) next.made.others.push_back(&other);
      }
    }
    multiply_out(std::move(next), out);
    if (failed()) return;
  }
}

std::vector<Alternative> SchemaSource::expand(const Conjunction& schemas) {
  Partial all;
  for (const Json* schema : schemas) all.todo.push_back({schema, -1});
  std::vector<Alternative> out;
  multiply_out(std::move(all), out);
  return out;
}

std::optional<int> SchemaSource::count(const Json& schema, std::string_view key) {
  const Json* value = schema.find(key);
  if (value == nullptr) return std::nullopt;
  const auto number = value->is_number() ? read_decimal(value->text) : std::nullopt;
  if (!number || number->negative || !number->fraction.empty()) {
    fail(*value, "a count, 0 or more, is expected");
    return std::nullopt;
  }
  if (number->whole.size() > 6 || std::stoi(number->whole) > kMaxRepeats) {
    // No text gets there: as an upper bound it is none.
    if (key.starts_with("max")) return std::nullopt;
    fail(*value, fmt::format("a count is above {}", kMaxRepeats), ErrorCode::limit);
    return std::nullopt;
  }
  return std::stoi(number->whole);
}

Bounds SchemaSource::bounds(const Json& schema) {
  Bounds out;
  const auto add = [&](const char* key, bool low, bool exclusive) {
    const Json* value = schema.find(key);
    if (value == nullptr) return;
    const auto number = value->is_number() ? read_decimal(value->text) : std::nullopt;
    if (!number) return fail(*value, "a number of at most 40 digits is expected");
    const Bound bound{*number, exclusive};
    low ? out.raise(bound) : out.lower(bound);
  };
  add("minimum", true, false);
  add("exclusiveMinimum", true, true);
  add("maximum", false, false);
  add("exclusiveMaximum", false, true);
  return out;
}

}  // namespace pincer::grammar
