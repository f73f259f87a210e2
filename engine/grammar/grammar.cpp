#include "engine/grammar/grammar.h"

#include <utility>

#include "engine/grammar/limits.h"

namespace pincer::grammar {

ExprId Grammar::add(Expr expr) {
  exprs.push_back(expr);
  return static_cast<ExprId>(exprs.size() - 1);
}

ExprId Grammar::add_list(Expr::Op op, const std::vector<ExprId>& parts) {
  const auto first = static_cast<std::int32_t>(children.size());
  children.insert(children.end(), parts.begin(), parts.end());
  return add({op, first, static_cast<std::int32_t>(parts.size())});
}

ExprId Grammar::literal(std::string_view text) {
  if (text.empty()) return empty();
  texts.emplace_back(text);
  return add({Expr::Op::literal, static_cast<std::int32_t>(texts.size() - 1)});
}

ExprId Grammar::chars(CodePointSet set) {
  ranges_ += set.ranges().size();
  sets.push_back(std::move(set));
  return add({Expr::Op::chars, static_cast<std::int32_t>(sets.size() - 1)});
}

ExprId Grammar::bytes(std::uint8_t first, std::uint8_t last) {
  sets.push_back(CodePointSet({{first, last}}));
  return add({Expr::Op::bytes, static_cast<std::int32_t>(sets.size() - 1)});
}

ExprId Grammar::sequence(const std::vector<ExprId>& parts) {
  return parts.size() == 1 ? parts[0] : add_list(Expr::Op::sequence, parts);
}

ExprId Grammar::choice(const std::vector<ExprId>& parts) {
  return parts.size() == 1 ? parts[0] : add_list(Expr::Op::choice, parts);
}

ExprId Grammar::repeat(ExprId part, std::int32_t min, std::int32_t max) {
  if (min == 1 && max == 1) return part;
  return add({Expr::Op::repeat, part, min, max});
}

ExprId Grammar::call(RuleId rule) { return add({Expr::Op::call, rule}); }

RuleId Grammar::declare(std::string name) {
  rules.push_back({std::move(name)});
  return static_cast<RuleId>(rules.size() - 1);
}

bool Grammar::full() const {
  return exprs.size() > kMaxExprs || rules.size() > kMaxRules || ranges_ > kMaxRanges ||
         children.size() > 2 * kMaxExprs;
}

}  // namespace pincer::grammar
