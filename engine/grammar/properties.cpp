#include "engine/grammar/properties.h"

#include <cstddef>

#include "engine/grammar/index.h"

namespace pincer::grammar {
namespace {

// The least set of expressions that holds `leaf` ones and is closed under: a sequence belongs when
// all its parts do, a choice when one does, a repetition when it may be left out or its part does,
// a call when its rule does. Horn clauses, solved as by Dowling and Gallier: each expression waits
// for a number of parts.
class Closure {
 public:
  explicit Closure(const Grammar& grammar)
      : grammar_(grammar),
        missing_(grammar.exprs.size(), 1),
        waiting_(grammar.exprs.size()),
        calls_(grammar.rules.size()),
        defines_(grammar.exprs.size()),
        in_(grammar.exprs.size()) {
    for (std::size_t r = 0; r < grammar.rules.size(); ++r) {
      defines_[index(grammar.rules[r].body)].push_back(static_cast<RuleId>(r));
    }
    for (std::size_t e = 0; e < grammar.exprs.size(); ++e) connect(static_cast<ExprId>(e));
  }

  template <class Leaf>
  std::vector<bool> solve(Leaf leaf) {
    for (std::size_t e = 0; e < grammar_.exprs.size(); ++e) {
      const Expr& expr = grammar_.exprs[e];
      const bool empty_sequence = expr.op == Expr::Op::sequence && expr.b == 0;
      const bool left_out = expr.op == Expr::Op::repeat && expr.b == 0;
      if (empty_sequence || left_out || leaf(expr)) add(static_cast<ExprId>(e));
    }
    while (!ready_.empty()) {
      const ExprId e = ready_.back();
      ready_.pop_back();
      for (const ExprId parent : waiting_[index(e)]) satisfy(parent);
      for (const RuleId rule : defines_[index(e)]) {
        for (const ExprId call : calls_[index(rule)]) satisfy(call);
      }
    }
    return in_;
  }

 private:
  void connect(ExprId e) {
    const Expr& expr = grammar_.expr(e);
    switch (expr.op) {
      case Expr::Op::sequence:
      case Expr::Op::choice:
        if (expr.op == Expr::Op::sequence) missing_[index(e)] = expr.b;
        for (std::int32_t i = 0; i < expr.b; ++i) {
          waiting_[index(grammar_.children[index(expr.a + i)])].push_back(e);
        }
        break;
      case Expr::Op::repeat:
        waiting_[index(expr.a)].push_back(e);
        break;
      case Expr::Op::call:
        calls_[index(expr.a)].push_back(e);
        break;
      case Expr::Op::literal:
      case Expr::Op::chars:
      case Expr::Op::bytes:
        break;
    }
  }

  void satisfy(ExprId e) {
    if (--missing_[index(e)] <= 0) add(e);
  }

  void add(ExprId e) {
    if (in_[index(e)]) return;
    in_[index(e)] = true;
    ready_.push_back(e);
  }

  const Grammar& grammar_;
  std::vector<std::int32_t> missing_;         // parts that are not in the set yet
  std::vector<std::vector<ExprId>> waiting_;  // expressions that have this one as a part
  std::vector<std::vector<ExprId>> calls_;    // [rules]
  std::vector<std::vector<RuleId>> defines_;  // rules whose body this is
  std::vector<bool> in_;
  std::vector<ExprId> ready_;
};

}  // namespace

Properties properties_of(const Grammar& grammar) {
  Properties out;
  out.nullable = Closure(grammar).solve([](const Expr&) { return false; });
  out.productive = Closure(grammar).solve([&](const Expr& expr) {
    return expr.op == Expr::Op::literal || expr.op == Expr::Op::bytes ||
           (expr.op == Expr::Op::chars && !grammar.sets[index(expr.a)].empty());
  });
  return out;
}

}  // namespace pincer::grammar
