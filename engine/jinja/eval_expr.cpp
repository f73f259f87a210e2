// Expressions.
#include <utility>

#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {

Val Renderer::eval(const ast::Expr& expr) {
  const Deeper deeper(budget_, walk_depth_, kWalkFactor);
  budget_.spend(1);
  line_ = expr.line;
  return std::visit([this](const auto& node) { return eval_node(node); }, expr.node);
}

Val Renderer::eval_or_none(const ast::ExprPtr& expr) { return expr ? eval(*expr) : Val(None{}); }

Val Renderer::eval_node(const ast::Name& node) {
  if (const Val* value = lookup(node.symbol)) return *value;
  return undefined("'" + std::string(name_of(node.symbol)) + "' is undefined");
}

Val Renderer::eval_node(const ast::ListLiteral& node) {
  std::vector<Val> items;
  items.reserve(node.items.size());
  for (const ast::ExprPtr& item : node.items) items.push_back(eval(*item));
  return make_seq(budget_, node.tuple ? SeqKind::tuple : SeqKind::list, std::move(items));
}

Val Renderer::eval_node(const ast::DictLiteral& node) {
  auto dict = std::make_shared<Dict>();
  for (const auto& [key, value] : node.entries) {
    const Val evaluated_key = eval(*key);
    dict->set(budget_, evaluated_key, eval(*value));
  }
  return DictRef(std::move(dict));
}

Val Renderer::eval_node(const ast::Unary& node) {
  Val operand = eval(*node.operand);
  switch (node.op) {
    case ast::UnaryOp::negative:
      return negate(operand);
    case ast::UnaryOp::positive:
      return posate(operand);
    case ast::UnaryOp::logical_not:
      return !truthy(operand);
  }
  return operand;
}

Val Renderer::eval_node(const ast::Binary& node) {
  const Val left = eval(*node.left);
  if (node.op == ast::BinaryOp::logical_and) return truthy(left) ? eval(*node.right) : left;
  if (node.op == ast::BinaryOp::logical_or) return truthy(left) ? left : eval(*node.right);
  const Val right = eval(*node.right);
  return arithmetic(budget_, node.op, left, right);
}

Val Renderer::eval_node(const ast::Concat& node) {
  Text out;
  for (const ast::ExprPtr& part : node.parts) {
    const TextRef text = to_text(budget_, eval(*part));
    budget_.spend_copy(text->size());
    budget_.check_size(out.size() + text->size());
    out.append(*text);
  }
  return make_text(std::move(out));
}

Val Renderer::eval_node(const ast::Compare& node) {
  Val left = eval(*node.first);
  for (const auto& [op, operand] : node.rest) {
    Val right = eval(*operand);
    if (!compare(budget_, op, left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Val Renderer::eval_node(const ast::Conditional& node) {
  if (truthy(eval(*node.test))) return eval(*node.then);
  if (node.otherwise) return eval(*node.otherwise);
  return undefined("the inline 'if' was false and has no 'else'");
}

Val Renderer::eval_node(const ast::Attribute& node) {
  return get_attribute(eval(*node.object), node.name);
}

Val Renderer::eval_node(const ast::Item& node) {
  const Val object = eval(*node.object);
  return get_item(object, eval(*node.key));
}

Val Renderer::eval_node(const ast::Slice& node) {
  const Val object = eval(*node.object);
  const Val start = eval_or_none(node.start);
  const Val stop = eval_or_none(node.stop);
  return get_slice(budget_, object, start, stop, eval_or_none(node.step));
}

Val Renderer::eval_node(const ast::Filter& node) {
  const Val input = node.input ? eval(*node.input) : filtered_;
  if (node.run == nullptr) fail("unknown filter '" + node.name + "'");
  return node.run(*this, input, eval_args(node.args));
}

Val Renderer::eval_node(const ast::Test& node) {
  const Val input = eval(*node.input);
  if (node.run == nullptr) fail("unknown test '" + node.name + "'");
  return node.run(*this, input, eval_args(node.args));
}

CallArgs Renderer::eval_args(const ast::Args& args) {
  CallArgs out;
  out.positional.reserve(args.positional.size());
  for (const ast::ExprPtr& arg : args.positional) out.positional.push_back(eval(*arg));
  for (const auto& [name, value] : args.named) out.named.emplace_back(name, eval(*value));
  if (args.extra_positional) {
    const SeqRef extra = iterate(budget_, eval(*args.extra_positional));
    budget_.spend_items(extra->items.size());
    out.positional.insert(out.positional.end(), extra->items.begin(), extra->items.end());
  }
  if (args.extra_named) {
    const Val extra = eval(*args.extra_named);
    if (extra.dict() == nullptr) fail("the value after '**' must be a dict");
    for (const auto& [key, value] : extra.dict()->entries()) {
      if (key.text() == nullptr) fail("the keys of a dict after '**' must be strings");
      budget_.spend_copy(key.text()->size());
      out.named.emplace_back(key.text()->bytes(), value);
    }
  }
  return out;
}

}  // namespace pincer::jinja
