#include "server/route/expression.h"

namespace pincer {

bool Expression::holds(const ExpressionValues& values) const {
  if (nodes_.empty()) return false;
  const ExpressionValue result = value(nodes_.size() - 1, values);
  const bool* held = std::get_if<bool>(&result);
  return held != nullptr && *held;
}

ExpressionValue Expression::value(std::size_t node, const ExpressionValues& values) const {
  const Node& n = nodes_[node];
  const auto held = [&](std::size_t side) {
    const ExpressionValue v = value(side, values);
    const bool* b = std::get_if<bool>(&v);
    return b != nullptr && *b;
  };
  switch (n.op) {
    case Op::name:
      return values.get(n.left);
    case Op::value:
      if (n.type == ExpressionName::Type::text) return std::string_view(n.text);
      if (n.type == ExpressionName::Type::number) return n.number;
      return n.number != 0;
    case Op::negation:
      return !held(n.left);
    case Op::both:
      return held(n.left) && held(n.right);
    case Op::either:
      return held(n.left) || held(n.right);
    default:
      return compare(n, values);
  }
}

bool Expression::compare(const Node& node, const ExpressionValues& values) const {
  const ExpressionValue left = value(node.left, values);
  const ExpressionValue right = value(node.right, values);
  if (left.index() != right.index()) return false;  // the parser has seen to it
  switch (node.op) {
    case Op::equal:
      return left == right;
    case Op::not_equal:
      return left != right;
    case Op::less:
      return left < right;
    case Op::less_equal:
      return left <= right;
    case Op::greater:
      return left > right;
    case Op::greater_equal:
      return left >= right;
    default:
      break;
  }
  const auto* text = std::get_if<std::string_view>(&left);
  const auto* part = std::get_if<std::string_view>(&right);
  return text != nullptr && part != nullptr && text->find(*part) != std::string_view::npos;
}

}  // namespace pincer
