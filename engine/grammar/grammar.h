// The one form that schemas, GBNF and regular expressions are brought into: rules over expressions,
// an expression being a node of a syntax tree that may be shared.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/grammar/code_points.h"

namespace pincer::grammar {

using ExprId = std::int32_t;
using RuleId = std::int32_t;

struct Expr {
  enum class Op : std::uint8_t {
    literal,   // bytes: texts[a]
    chars,     // one character in UTF-8: sets[a]
    bytes,     // one byte: its value is in sets[a]
    sequence,  // children a, a+1, .. a+b-1, each one of `children`; empty: the empty text
    choice,    // likewise; empty: matches nothing
    repeat,    // expression a, b to c times; c == kUnbounded: no end
    call,      // rule a
  };
  Op op = Op::sequence;
  std::int32_t a = 0, b = 0, c = 0;
};

inline constexpr std::int32_t kUnbounded = -1;

struct Rule {
  std::string name;  // for messages
  ExprId body = -1;  // -1: not defined yet
};

// Grows without bounds of its own: whoever reads what comes from outside asks full() as it goes.
class Grammar {
 public:
  ExprId empty() { return sequence({}); }
  ExprId nothing() { return choice({}); }
  ExprId literal(std::string_view text);
  ExprId chars(CodePointSet set);
  ExprId bytes(std::uint8_t first, std::uint8_t last);
  ExprId sequence(const std::vector<ExprId>& parts);
  ExprId choice(const std::vector<ExprId>& parts);
  ExprId repeat(ExprId part, std::int32_t min, std::int32_t max);
  ExprId optional(ExprId part) { return repeat(part, 0, 1); }
  ExprId call(RuleId rule);

  RuleId declare(std::string name);
  void define(RuleId rule, ExprId body) { rules[static_cast<std::size_t>(rule)].body = body; }

  // True once it has more nodes, rules or ranges than limits.h allows.
  bool full() const;

  const Expr& expr(ExprId id) const { return exprs[static_cast<std::size_t>(id)]; }

  std::vector<Expr> exprs;
  std::vector<ExprId> children;
  std::vector<std::string> texts;
  std::vector<CodePointSet> sets;
  std::vector<Rule> rules;
  RuleId root = -1;

 private:
  ExprId add(Expr expr);
  ExprId add_list(Expr::Op op, const std::vector<ExprId>& parts);

  std::size_t ranges_ = 0;
};

}  // namespace pincer::grammar
