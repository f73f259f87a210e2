// From schemas to rules: one rule for each set of schemas that hold at a place.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/grammar/grammar.h"
#include "engine/grammar/json.h"
#include "engine/grammar/json_rules.h"
#include "engine/grammar/schema_source.h"
#include "engine/grammar/schema_validator.h"
#include "pincer/engine/result.h"

namespace pincer::grammar {

// What the own keywords of some schemas leave of the types.
struct Types {
  enum Number { none, integer, any };
  bool null = true, boolean = true, string = true, array = true, object = true;
  Number number = any;
};

class SchemaCompiler {
 public:
  explicit SchemaCompiler(const Json& root)
      : root_(root), source_(root), rules_(grammar_), validator_(source_, grammar_) {}
  Result<Grammar> run();

 private:
  // schema_compiler.cpp: what a place may hold.
  ExprId value(Conjunction schemas);
  ExprId alternative(const Alternative& way);
  ExprId listed_values(const Conjunction& schemas, const std::vector<const Json*>& values);
  ExprId literal(const Json& value);
  Types types(const Conjunction& schemas);
  std::vector<const Json*> values(const Conjunction& schemas) const;
  bool check(const Result<ExprId>& expr, const Json& where);

  // schema_scalars.cpp
  ExprId string(const Conjunction& schemas);
  ExprId number(const Conjunction& schemas, bool integer);
  Bounds bounds(const Conjunction& schemas);

  // schema_array.cpp
  ExprId array(const Conjunction& schemas);
  std::pair<int, int> counts(const Conjunction& schemas, const char* min, const char* max);

  // schema_object.cpp
  struct Member {
    std::string name;
    bool required = false;
    ExprId text = -1;  // key, colon and value
  };
  struct Members {
    std::vector<Member> named;
    ExprId more = -1;  // another member; -1: none
    int min_more = 0;  // of these
    int max_more = kUnbounded;
  };
  ExprId object(const Conjunction& schemas);
  std::vector<Member> named_members(const Conjunction& schemas);
  void add_more(const Conjunction& schemas, Members& members);
  void limit_counts(const Conjunction& schemas, Members& members);
  ExprId member_list(const Members& members);
  Conjunction schemas_of(const Conjunction& schemas, const std::string& name);
  ExprId other_key(const std::vector<Member>& named, const std::string* pattern, const Json& where);

  // schema_exclude.cpp: for oneOf.
  bool excludes(const Conjunction& made, const Json& other, int depth);
  bool excludes(const Conjunction& made, const Conjunction& other, int depth);
  bool types_exclude(const Conjunction& made, const Conjunction& other);
  bool objects_exclude(const Conjunction& made, const Conjunction& other, int depth);

  const Json& root_;
  Grammar grammar_;
  SchemaSource source_;
  JsonRules rules_;
  SchemaValidator validator_;
  std::map<Conjunction, RuleId> places_;
  std::vector<std::map<Conjunction, RuleId>::iterator> todo_;
  Json anything_;  // the schema true
};

}  // namespace pincer::grammar
