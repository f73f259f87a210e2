// The schemas of one document: references, alternatives, and the first error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/grammar/json.h"
#include "engine/grammar/number_range.h"

namespace pincer::grammar {

// Schemas that all hold, in the document's order.
using Conjunction = std::vector<const Json*>;

// One way to satisfy a conjunction: schemas of which only the own keywords are left to look at
// (those that refer to other schemas are followed), and branches of `oneOf` that must not hold.
struct Alternative {
  Conjunction schemas;
  std::vector<const Json*> others;
};

// The first error ends everything: who sees failed() returns at once, with any value.
class SchemaSource {
 public:
  explicit SchemaSource(const Json& root) : root_(root) {}

  bool failed() const { return error_.has_value(); }
  const Error& error() const { return *error_; }
  void fail(const Json& where, const std::string& what,
            ErrorCode code = ErrorCode::invalid_argument);
  void unsupported(const Json& where, const std::string& what, const std::string& way_out);

  // Follows $ref, allOf, anyOf and oneOf, each combination an alternative.
  std::vector<Alternative> expand(const Conjunction& schemas);
  // `reference` is the value of a $ref.
  const Json* resolve(const Json& reference);

  // A count or bound of `schema`, nothing where it has none.
  std::optional<int> count(const Json& schema, std::string_view key);
  Bounds bounds(const Json& schema);
  // Keywords whose value has the wrong type, or that are not supported.
  void check_keywords(const Json& schema);

 private:
  struct Partial;
  void follow(Partial& partial);
  void multiply_out(Partial partial, std::vector<Alternative>& out);
  std::string pointer_to(const Json& where) const;
  bool check_keyword(const Json& schema, const std::string& key, const Json& value);

  const Json& root_;
  std::optional<Error> error_;
  int expansions_ = 0;
};

Conjunction in_order(Conjunction schemas);  // sorted, each once

}  // namespace pincer::grammar
