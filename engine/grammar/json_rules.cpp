#include "engine/grammar/json_rules.h"

namespace pincer::grammar {

ExprId JsonRules::call(RuleId& rule, const char* name, Body body) {
  if (rule < 0) {
    rule = grammar_.declare(name);
    grammar_.define(rule, (this->*body)());
  }
  return grammar_.call(rule);
}

ExprId JsonRules::space_body() {
  const ExprId blank = grammar_.chars(CodePointSet({{' ', ' '}, {'\t', '\t'}}));
  const ExprId line =
      grammar_.sequence({grammar_.literal("\n"), grammar_.repeat(blank, 0, kMostIndentation)});
  return grammar_.choice({grammar_.empty(), grammar_.literal(" "), line});
}

ExprId JsonRules::colon() {
  return grammar_.sequence({grammar_.literal(":"), grammar_.optional(grammar_.literal(" "))});
}

ExprId JsonRules::comma() { return grammar_.sequence({grammar_.literal(","), space()}); }

ExprId JsonRules::enclosed(char open, ExprId inside, char close) {
  return grammar_.sequence(
      {grammar_.literal({&open, 1}), space(), inside, space(), grammar_.literal({&close, 1})});
}

ExprId JsonRules::quoted(ExprId characters) {
  return grammar_.sequence({grammar_.literal("\""), characters, grammar_.literal("\"")});
}

ExprId JsonRules::list_of(ExprId item) {
  const ExprId more = grammar_.sequence({comma(), item});
  return grammar_.optional(grammar_.sequence({item, grammar_.repeat(more, 0, kUnbounded)}));
}

ExprId JsonRules::value_body() {
  return grammar_.choice({object(), array(), string(), number(), grammar_.literal("true"),
                          grammar_.literal("false"), grammar_.literal("null")});
}

ExprId JsonRules::object_body() {
  const ExprId member = grammar_.sequence({string(), colon(), value()});
  return enclosed('{', list_of(member), '}');
}

ExprId JsonRules::array_body() { return enclosed('[', list_of(value()), ']'); }

ExprId JsonRules::string_body() { return quoted(grammar_.repeat(character(), 0, kUnbounded)); }

ExprId JsonRules::digits(int min, int max) {
  return grammar_.repeat(grammar_.chars(CodePointSet({{'0', '9'}})), min, max);
}

ExprId JsonRules::number_body() {
  const ExprId whole = grammar_.choice(
      {grammar_.literal("0"), grammar_.sequence({grammar_.chars(CodePointSet({{'1', '9'}})),
                                                 digits(0, kMostDigits - 1)})});
  const ExprId fraction = grammar_.sequence({grammar_.literal("."), digits(1, kMostDigits)});
  const ExprId exponent = grammar_.sequence(
      {grammar_.chars(CodePointSet({{'e', 'e'}, {'E', 'E'}})),
       grammar_.optional(grammar_.chars(CodePointSet({{'+', '+'}, {'-', '-'}}))), digits(1, 2)});
  return grammar_.sequence({grammar_.optional(grammar_.literal("-")), whole,
                            grammar_.optional(fraction), grammar_.optional(exponent)});
}

// Surrogates in \u only as pairs: a half of one is no character.
ExprId JsonRules::character_body() {
  const auto chars = [&](std::vector<CodePointRange> ranges) {
    return grammar_.chars(CodePointSet(std::move(ranges)));
  };
  const auto upper_or_lower = [&](char first, char last) {
    const auto up = static_cast<char32_t>(first), end = static_cast<char32_t>(last);
    return chars({{up, end}, {up + 32, end + 32}});
  };
  const auto hex = [&](int count) {
    return grammar_.repeat(chars({{'0', '9'}, {'A', 'F'}, {'a', 'f'}}), count, count);
  };
  const ExprId plain = chars({{' ', '!'}, {'#', '['}, {']', kLastCodePoint}});
  const ExprId named = chars({{'"', '"'},
                              {'\\', '\\'},
                              {'/', '/'},
                              {'b', 'b'},
                              {'f', 'f'},
                              {'n', 'n'},
                              {'r', 'r'},
                              {'t', 't'}});
  const ExprId d = upper_or_lower('D', 'D');
  const ExprId not_d = chars({{'0', '9'}, {'A', 'C'}, {'E', 'F'}, {'a', 'c'}, {'e', 'f'}});
  const ExprId high = grammar_.sequence({d, chars({{'8', '9'}, {'A', 'B'}, {'a', 'b'}}), hex(2)});
  const ExprId low = grammar_.sequence({d, upper_or_lower('C', 'F'), hex(2)});
  const ExprId code = grammar_.choice({
      grammar_.sequence({not_d, hex(3)}),
      grammar_.sequence({d, chars({{'0', '7'}}), hex(2)}),
      grammar_.sequence({high, grammar_.literal("\\u"), low}),
  });
  const ExprId numbered = grammar_.sequence({grammar_.literal("u"), code});
  return grammar_.choice(
      {plain, grammar_.sequence({grammar_.literal("\\"), grammar_.choice({named, numbered})})});
}

}  // namespace pincer::grammar
