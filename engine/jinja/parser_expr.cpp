// Operators, from the loosest to the tightest.
#include <optional>
#include <utility>

#include "engine/jinja/parser.h"

namespace pincer::jinja {
namespace {

using ast::BinaryOp;
using ast::CompareOp;
using ast::ExprPtr;

std::optional<BinaryOp> product_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::mul:
      return BinaryOp::mul;
    case TokenKind::div:
      return BinaryOp::div;
    case TokenKind::floordiv:
      return BinaryOp::floordiv;
    case TokenKind::mod:
      return BinaryOp::mod;
    default:
      return std::nullopt;
  }
}

std::optional<CompareOp> compare_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::eq:
      return CompareOp::eq;
    case TokenKind::ne:
      return CompareOp::ne;
    case TokenKind::lt:
      return CompareOp::lt;
    case TokenKind::le:
      return CompareOp::le;
    case TokenKind::gt:
      return CompareOp::gt;
    case TokenKind::ge:
      return CompareOp::ge;
    default:
      return std::nullopt;
  }
}

}  // namespace

ExprPtr Parser::parse_expression(bool with_conditional) {
  return with_conditional ? parse_conditional() : parse_or();
}

ExprPtr Parser::parse_conditional() {
  const Nested nested(*this);
  const int line = current().line;
  const std::size_t unknown_before = unknown_names_.size();
  ExprPtr expr = parse_or();
  while (skip_name("if")) {
    ExprPtr test = parse_or();
    ExprPtr otherwise = skip_name("else") ? parse_conditional() : nullptr;
    expr = make(line, ast::Conditional{std::move(test), std::move(expr), std::move(otherwise)});
    unknown_names_.resize(unknown_before);  // they fail only when they are reached
  }
  return expr;
}

ExprPtr Parser::parse_or() {
  const int line = current().line;
  ExprPtr left = parse_and();
  while (skip_name("or")) {
    left = make(line, ast::Binary{BinaryOp::logical_or, std::move(left), parse_and()});
  }
  return left;
}

ExprPtr Parser::parse_and() {
  const int line = current().line;
  ExprPtr left = parse_not();
  while (skip_name("and")) {
    left = make(line, ast::Binary{BinaryOp::logical_and, std::move(left), parse_not()});
  }
  return left;
}

ExprPtr Parser::parse_not() {
  const int line = current().line;
  if (!skip_name("not")) return parse_compare();
  const Nested nested(*this);
  return make(line, ast::Unary{ast::UnaryOp::logical_not, parse_not()});
}

ExprPtr Parser::parse_compare() {
  const int line = current().line;
  ExprPtr first = parse_sum();
  std::vector<std::pair<CompareOp, ExprPtr>> rest;
  while (true) {
    if (const std::optional<CompareOp> op = compare_op(current().kind)) {
      next();
      rest.emplace_back(*op, parse_sum());
    } else if (skip_name("in")) {
      rest.emplace_back(CompareOp::in, parse_sum());
    } else if (at_name("not") && ahead().kind == TokenKind::name && ahead().text == "in") {
      next();
      next();
      rest.emplace_back(CompareOp::not_in, parse_sum());
    } else {
      break;
    }
  }
  if (rest.empty()) return first;
  return make(line, ast::Compare{std::move(first), std::move(rest)});
}

ExprPtr Parser::parse_sum() {
  const int line = current().line;
  ExprPtr left = parse_concat();
  while (at(TokenKind::add) || at(TokenKind::sub)) {
    const BinaryOp op = next().kind == TokenKind::add ? BinaryOp::add : BinaryOp::sub;
    left = make(line, ast::Binary{op, std::move(left), parse_concat()});
  }
  return left;
}

ExprPtr Parser::parse_concat() {
  const int line = current().line;
  ExprPtr first = parse_product();
  if (!at(TokenKind::tilde)) return first;
  ast::Concat concat;
  concat.parts.push_back(std::move(first));
  while (skip(TokenKind::tilde)) concat.parts.push_back(parse_product());
  return make(line, std::move(concat));
}

ExprPtr Parser::parse_product() {
  const int line = current().line;
  ExprPtr left = parse_power();
  while (const std::optional<BinaryOp> op = product_op(current().kind)) {
    next();
    left = make(line, ast::Binary{*op, std::move(left), parse_power()});
  }
  return left;
}

ExprPtr Parser::parse_power() {
  const int line = current().line;
  ExprPtr left = parse_unary();
  while (skip(TokenKind::pow)) {
    left = make(line, ast::Binary{BinaryOp::pow, std::move(left), parse_unary()});
  }
  return left;
}

ExprPtr Parser::parse_unary(bool with_filter) {
  const int line = current().line;
  ExprPtr expr;
  if (at(TokenKind::sub) || at(TokenKind::add)) {
    const Nested nested(*this);
    const auto op = next().kind == TokenKind::sub ? ast::UnaryOp::negative : ast::UnaryOp::positive;
    expr = make(line, ast::Unary{op, parse_unary(false)});
  } else {
    expr = parse_primary();
  }
  expr = parse_postfix(std::move(expr));
  return with_filter ? parse_filters_and_tests(std::move(expr)) : std::move(expr);
}

}  // namespace pincer::jinja
