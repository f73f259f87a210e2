// JSON's own rules, for where a schema says nothing more.
//
// White space: after { [ , and before } ] at most one blank, or one line end with up to 20 blanks
// or tabs; after a colon at most one blank; none anywhere else. So a model can write JSON in the
// usual styles, but cannot fill its answer with blanks.
#pragma once

#include "engine/grammar/grammar.h"

namespace pincer::grammar {

inline constexpr int kMostIndentation = 20;
// Of numbers: what a double holds, so that what is read is what was written.
inline constexpr int kMostDigits = 16;

class JsonRules {
 public:
  explicit JsonRules(Grammar& grammar) : grammar_(grammar) {}

  ExprId space() { return call(space_, "space", &JsonRules::space_body); }
  ExprId value() { return call(value_, "value", &JsonRules::value_body); }
  ExprId object() { return call(object_, "object", &JsonRules::object_body); }
  ExprId array() { return call(array_, "array", &JsonRules::array_body); }
  ExprId string() { return call(string_, "string", &JsonRules::string_body); }
  ExprId number() { return call(number_, "number", &JsonRules::number_body); }
  // One character of a string's value: as it is, or escaped in any way.
  ExprId character() { return call(character_, "character", &JsonRules::character_body); }

  ExprId colon();  // behind a key
  ExprId comma();  // with the space behind it
  ExprId enclosed(char open, ExprId inside, char close);
  ExprId quoted(ExprId characters);

 private:
  using Body = ExprId (JsonRules::*)();
  ExprId call(RuleId& rule, const char* name, Body body);
  ExprId space_body();
  ExprId value_body();
  ExprId object_body();
  ExprId array_body();
  ExprId string_body();
  ExprId number_body();
  ExprId character_body();
  ExprId list_of(ExprId item);
  ExprId digits(int min, int max);

  Grammar& grammar_;
  RuleId space_ = -1, value_ = -1, object_ = -1, array_ = -1, string_ = -1, number_ = -1;
  RuleId character_ = -1;
};

}  // namespace pincer::grammar
