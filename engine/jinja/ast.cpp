#include "engine/jinja/ast.h"

#include <algorithm>

namespace pincer::jinja::ast {
namespace {

int depth(const ExprPtr& expr) { return expr ? expr->depth : 0; }

int depth(const Block& block) {
  int deepest = 0;
  for (const Stmt& stmt : block) deepest = std::max(deepest, stmt.depth);
  return deepest;
}

int depth(const std::vector<ExprPtr>& exprs) {
  int deepest = 0;
  for (const ExprPtr& expr : exprs) deepest = std::max(deepest, depth(expr));
  return deepest;
}

int depth(const Args& args) {
  int deepest = std::max(depth(args.extra_positional), depth(args.extra_named));
  for (const auto& [name, value] : args.named) deepest = std::max(deepest, depth(value));
  return std::max(deepest, depth(args.positional));
}

int depth(const MacroPtr& macro) { return std::max(depth(macro->defaults), depth(macro->body)); }

struct ExprDepth {
  int operator()(const Literal&) const { return 0; }
  int operator()(const Name&) const { return 0; }
  int operator()(const ListLiteral& n) const { return depth(n.items); }
  int operator()(const DictLiteral& n) const {
    int deepest = 0;
    for (const auto& [key, value] : n.entries) {
      deepest = std::max({deepest, depth(key), depth(value)});
    }
    return deepest;
  }
  int operator()(const Unary& n) const { return depth(n.operand); }
  int operator()(const Binary& n) const { return std::max(depth(n.left), depth(n.right)); }
  int operator()(const Concat& n) const { return depth(n.parts); }
  int operator()(const Compare& n) const {
    int deepest = depth(n.first);
    for (const auto& [op, operand] : n.rest) deepest = std::max(deepest, depth(operand));
    return deepest;
  }
  int operator()(const Conditional& n) const {
    return std::max({depth(n.test), depth(n.then), depth(n.otherwise)});
  }
  int operator()(const Attribute& n) const { return depth(n.object); }
  int operator()(const Item& n) const { return std::max(depth(n.object), depth(n.key)); }
  int operator()(const Slice& n) const {
    return std::max({depth(n.object), depth(n.start), depth(n.stop), depth(n.step)});
  }
  int operator()(const Call& n) const { return std::max(depth(n.callee), depth(n.args)); }
  int operator()(const Filter& n) const { return std::max(depth(n.input), depth(n.args)); }
  int operator()(const Test& n) const { return std::max(depth(n.input), depth(n.args)); }
};

struct StmtDepth {
  int operator()(const Data&) const { return 0; }
  int operator()(const Output& n) const { return depth(n.value); }
  int operator()(const If& n) const {
    int deepest = depth(n.otherwise);
    for (const auto& [test, body] : n.branches) {
      deepest = std::max({deepest, depth(test), depth(body)});
    }
    return deepest;
  }
  int operator()(const For& n) const {
    return std::max({depth(n.iterable), depth(n.test), depth(n.body), depth(n.otherwise)});
  }
  int operator()(const Set& n) const { return depth(n.value); }
  int operator()(const SetBlock& n) const { return std::max(depth(n.filter), depth(n.body)); }
  int operator()(const DefineMacro& n) const { return depth(n.macro); }
  int operator()(const CallBlock& n) const { return std::max(depth(n.caller), depth(n.call)); }
  int operator()(const FilterBlock& n) const { return std::max(depth(n.filter), depth(n.body)); }
  int operator()(const With& n) const {
    int deepest = depth(n.body);
    for (const auto& [target, value] : n.assignments) deepest = std::max(deepest, depth(value));
    return deepest;
  }
  int operator()(const Break&) const { return 0; }
  int operator()(const Continue&) const { return 0; }
};

}  // namespace

int depth_below(const Expr::Node& node) { return std::visit(ExprDepth{}, node); }
int depth_below(const Stmt::Node& node) { return std::visit(StmtDepth{}, node); }

}  // namespace pincer::jinja::ast
