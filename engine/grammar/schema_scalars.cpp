// Strings and numbers.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/grammar/intersection.h"
#include "engine/grammar/regex.h"
#include "engine/grammar/schema_compiler.h"
#include "engine/grammar/string_formats.h"

namespace pincer::grammar {

ExprId SchemaCompiler::string(const Conjunction& schemas) {
  const auto [min, max] = counts(schemas, "minLength", "maxLength");
  std::set<std::string> patterns;
  const Json* where = schemas.front();
  for (const Json* schema : schemas) {
    if (const Json* pattern = schema->find("pattern")) {
      patterns.insert(pattern->text);
      where = pattern;
    }
    const Json* format = schema->find("format");
    if (format == nullptr) continue;
    const auto known = format_pattern(format->text);
    if (!known) {
      source_.unsupported(*schema, fmt::format("the format '{}'", format->text),
                          "use a pattern, or one of " + known_formats());
      return -1;
    }
    patterns.insert(*known);
    where = format;
  }
  const bool counted = min > 0 || max != kUnbounded;
  if (max != kUnbounded && min > max) return grammar_.nothing();
  if (patterns.empty()) {
    if (!counted) return rules_.string();
    return rules_.quoted(grammar_.repeat(rules_.character(), min, max));
  }
  // In the one spelling that patterns produce.
  std::vector<ExprId> parts;
  for (const std::string& pattern : patterns) {
    auto part = read_regex(grammar_, pattern, RegexUse::json_string);
    if (!check(part, *where)) return -1;
    parts.push_back(*part);
  }
  if (counted) {
    const ExprId any = json_characters(grammar_, CodePointSet::all());
    parts.push_back(grammar_.repeat(any, min, max));
  }
  auto all = intersect(grammar_, parts);
  return check(all, *where) ? rules_.quoted(*all) : -1;
}

Bounds SchemaCompiler::bounds(const Conjunction& schemas) {
  Bounds out;
  for (const Json* schema : schemas) {
    const Bounds own = source_.bounds(*schema);
    if (own.low) out.raise(*own.low);
    if (own.high) out.lower(*own.high);
  }
  return out;
}

ExprId SchemaCompiler::number(const Conjunction& schemas, bool integer) {
  const Bounds range = bounds(schemas);
  if (!range.low && !range.high && !integer) return rules_.number();
  return number_between(grammar_, range, integer);
}

// The tighter ones; {0, kUnbounded} where there are none.
std::pair<int, int> SchemaCompiler::counts(const Conjunction& schemas, const char* min,
                                           const char* max) {
  std::pair<int, int> out{0, kUnbounded};
  for (const Json* schema : schemas) {
    out.first = std::max(out.first, source_.count(*schema, min).value_or(0));
    const auto most = source_.count(*schema, max);
    if (most) out.second = out.second == kUnbounded ? *most : std::min(out.second, *most);
  }
  return out;
}

}  // namespace pincer::grammar
