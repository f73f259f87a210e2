// Arrays: first items with schemas of their own, then others that are alike.
#include <algorithm>

#include "engine/grammar/schema_compiler.h"

namespace pincer::grammar {
namespace {

// The schemas of the item at `place`.
Conjunction schemas_at(const Conjunction& schemas, std::size_t place) {
  Conjunction out;
  for (const Json* schema : schemas) {
    const Json* prefix = schema->find("prefixItems");
    const Json* rest = schema->find("items");
    if (prefix != nullptr && place < prefix->items.size()) {
      out.push_back(&prefix->items[place]);
    } else if (rest != nullptr) {
      out.push_back(rest);
    }
  }
  return out;
}

}  // namespace

ExprId SchemaCompiler::array(const Conjunction& schemas) {
  auto [min, max] = counts(schemas, "minItems", "maxItems");
  std::size_t first = 0;  // items with a schema of their own
  bool alike = false;     // there is a schema for those behind
  for (const Json* schema : schemas) {
    const Json* prefix = schema->find("prefixItems");
    if (prefix != nullptr) first = std::max(first, prefix->items.size());
    alike = alike || schema->find("items") != nullptr;
  }
  const int prefix = static_cast<int>(first);
  // Behind items that are listed none are made up, unless they have to be.
  if (prefix > 0 && !alike)
    max = max == kUnbounded ? std::max(prefix, min) : std::min(max, std::max(prefix, min));
  if (max != kUnbounded && min > max) return grammar_.nothing();
  if (max == 0) return rules_.enclosed('[', grammar_.empty(), ']');

  const ExprId other = value(schemas_at(schemas, first));
  const ExprId more = grammar_.sequence({rules_.comma(), other});
  const int most_more = max == kUnbounded ? kUnbounded : std::max(0, max - std::max(prefix, 1));
  ExprId rest = grammar_.repeat(more, std::max(0, min - std::max(prefix, 1)), most_more);
  // From the last of the first items on; without them the first of the others.
  const int listed = std::max(prefix, 1);
  for (int i = listed - 1; i >= 0; --i) {
    if (max != kUnbounded && i >= max) {
      rest = grammar_.empty();
      continue;
    }
    const ExprId own =
        prefix == 0 ? other : value(schemas_at(schemas, static_cast<std::size_t>(i)));
    const ExprId before = i == 0 ? grammar_.empty() : rules_.comma();
    rest = grammar_.sequence({before, own, rest});
    if (i >= min) rest = grammar_.optional(rest);
  }
  return rules_.enclosed('[', rest, ']');
}

}  // namespace pincer::grammar
