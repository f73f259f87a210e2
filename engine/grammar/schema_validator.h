// Whether a value that stands in the schema itself (enum, const) is valid.
#pragma once

#include "engine/grammar/grammar.h"
#include "engine/grammar/json.h"
#include "engine/grammar/schema_source.h"

namespace pincer::grammar {

class SchemaValidator {
 public:
  // `grammar` is where patterns are compiled; both outlive this.
  SchemaValidator(SchemaSource& source, Grammar& grammar) : source_(source), grammar_(grammar) {}

  bool valid(const Json& schema, const Json& value, int depth = 0);
  bool valid(const Conjunction& schemas, const Json& value);
  // Whether the regular expression occurs in `text`; `where` it stands.
  bool fits(const std::string& pattern, const Json& where, const std::string& text);

 private:
  bool lists(const Json& list, const Json& value);
  bool valid_combinations(const Json& schema, const Json& value, int depth);
  bool valid_string(const Json& schema, const Json& value);
  bool valid_array(const Json& schema, const Json& value, int depth);
  bool valid_object(const Json& schema, const Json& value, int depth);

  SchemaSource& source_;
  Grammar& grammar_;
  int steps_ = 0;
};

// Whether `type` ("integer", ..) is the value's.
bool has_type(const Json& value, std::string_view type);
// The types that a schema's `type` names, null where it has none.
std::vector<std::string> types_of(const Json& schema);

}  // namespace pincer::grammar
