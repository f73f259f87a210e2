// Macros, call blocks and the targets of assignments.
#include <utility>

#include "engine/jinja/parser.h"

namespace pincer::jinja {

void Parser::parse_signature(ast::MacroDef& macro) {
  expect(TokenKind::lparen);
  while (!at(TokenKind::rparen)) {
    if (!macro.parameters.empty()) expect(TokenKind::comma);
    const Token name = expect(TokenKind::name);
    check_target_name(name);
    budget_.spend(static_cast<std::int64_t>(macro.parameters.size()));
    for (const auto& [symbol, other] : macro.parameters) {
      if (other == name.text) fail_at(name.line, "parameter '" + other + "' is named twice");
    }
    macro.parameters.emplace_back(symbols_.intern(name.text), std::string(name.text));
    if (skip(TokenKind::assign)) {
      macro.defaults.push_back(parse_expression());
    } else if (!macro.defaults.empty()) {
      fail_at(name.line,
              "parameter '" + std::string(name.text) + "' without a default follows one with it");
    }
  }
  expect(TokenKind::rparen);
}

void Parser::parse_macro_body(ast::MacroDef& macro, std::string_view end) {
  // The body runs somewhere else: the loops around it are out of reach.
  const int loops = std::exchange(loops_, 0);
  const bool outer = std::exchange(soft_, false);
  macros_.push_back(&macro);
  macro.body = parse_last_body(end);
  macros_.pop_back();
  soft_ = outer;
  loops_ = loops;
  const std::size_t required = macro.parameters.size() - macro.defaults.size();
  for (std::size_t i = 0; i < macro.parameters.size(); ++i) {
    const Symbol symbol = macro.parameters[i].first;
    if (symbol == ast::kVarargs) macro.uses_varargs = false;
    if (symbol == ast::kKwargs) macro.uses_kwargs = false;
    if (symbol == ast::kCaller && macro.uses_caller && i < required) {
      fail_at(current().line, "the parameter 'caller' needs a default");
    }
  }
}

ast::Stmt Parser::parse_macro() {
  const int line = next().line;
  auto macro = std::make_unique<ast::MacroDef>();
  const Token name = expect(TokenKind::name);
  check_target_name(name);
  macro->symbol = symbols_.intern(name.text);
  macro->name = std::string(name.text);
  parse_signature(*macro);
  parse_macro_body(*macro, "endmacro");
  return make_stmt(line, ast::DefineMacro{std::move(macro)});
}

ast::Stmt Parser::parse_call_block() {
  const int line = next().line;
  auto caller = std::make_unique<ast::MacroDef>();
  if (at(TokenKind::lparen)) parse_signature(*caller);
  ast::ExprPtr call = parse_expression();
  if (!std::holds_alternative<ast::Call>(call->node)) fail_at(line, "expected a call");
  parse_macro_body(*caller, "endcall");
  return make_stmt(line, ast::CallBlock{std::move(caller), std::move(call)});
}

void Parser::check_target_name(const Token& name) const {
  for (const std::string_view constant : {"true", "false", "none", "True", "False", "None"}) {
    if (name.text == constant) {
      fail_at(name.line, "cannot assign to '" + std::string(constant) + "'");
    }
  }
}

ast::Target Parser::parse_target(std::string_view end) {
  const int line = current().line;
  ast::Target tuple;
  bool comma = false;
  while (!at_tuple_end(end)) {
    tuple.parts.push_back(parse_target_part());
    if (!skip(TokenKind::comma)) break;
    comma = true;
  }
  if (!comma) {
    if (tuple.parts.empty()) fail_at(line, "expected a name to assign to");
    ast::Target only = std::move(tuple.parts.front());
    return only;
  }
  tuple.tuple = true;
  return tuple;
}

ast::Target Parser::parse_target_part() {
  if (at(TokenKind::lparen)) {
    const Nested nested(*this);
    next();
    ast::Target inside = parse_target({});
    expect(TokenKind::rparen);
    return inside;
  }
  const Token name = expect(TokenKind::name);
  check_target_name(name);
  ast::Target target;
  target.symbol = symbols_.intern(name.text);
  if (skip(TokenKind::dot)) {
    target.attribute = std::string(expect(TokenKind::name).text);
  } else if (target.symbol == ast::kLoop && for_tags_ > 0) {
    fail_at(name.line, "cannot assign to the special variable 'loop'");
  }
  return target;
}

}  // namespace pincer::jinja
