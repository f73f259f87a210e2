// Literals, names, and what follows them: attributes, subscripts, calls, filters and tests.
#include <charconv>
#include <system_error>
#include <utility>

#include "engine/jinja/number_text.h"
#include "engine/jinja/parser.h"
#include "engine/jinja/registry.h"
#include "engine/jinja/string_literal.h"

namespace pincer::jinja {

using ast::ExprPtr;

ExprPtr Parser::parse_primary() {
  const Token& token = current();
  switch (token.kind) {
    case TokenKind::name:
      return parse_name();
    case TokenKind::string:
      return parse_string();
    case TokenKind::integer:
    case TokenKind::real:
      return parse_number();
    case TokenKind::lparen: {
      const Nested nested(*this);
      next();
      ExprPtr inside = parse_tuple(true, {}, true);
      expect(TokenKind::rparen);
      return inside;
    }
    case TokenKind::lbracket:
      return parse_list();
    case TokenKind::lbrace:
      return parse_dict();
    default:
      fail_at(token.line, "unexpected '" + std::string(describe(token)) + "'");
  }
}

ExprPtr Parser::parse_name() {
  const Token token = next();
  const std::string_view name = token.text;
  if (name == "true" || name == "True") return make(token.line, ast::Literal{Val(true)});
  if (name == "false" || name == "False") return make(token.line, ast::Literal{Val(false)});
  if (name == "none" || name == "None") return make(token.line, ast::Literal{Val(None{})});
  const Symbol symbol = symbols_.intern(name);
  for (ast::MacroDef* macro : macros_) {
    macro->uses_caller |= symbol == ast::kCaller;
    macro->uses_varargs |= symbol == ast::kVarargs;
    macro->uses_kwargs |= symbol == ast::kKwargs;
  }
  return make(token.line, ast::Name{symbol});
}

ExprPtr Parser::parse_string() {
  const int line = current().line;
  std::string text;
  while (at(TokenKind::string)) {  // neighbours are one string
    const Token token = next();
    text += unquote(token.text, token.line);
  }
  return make(line, ast::Literal{make_text(text)});
}

ExprPtr Parser::parse_number() {
  const Token token = next();
  if (token.kind == TokenKind::real) {
    const std::optional<double> value = parse_float(token.text);
    if (!value) fail_at(token.line, "broken number '" + std::string(token.text) + "'");
    return make(token.line, ast::Literal{Val(*value)});
  }
  const std::optional<std::int64_t> value = parse_int(token.text, 0);
  if (!value) fail_at(token.line, "integer '" + std::string(token.text) + "' is too large");
  return make(token.line, ast::Literal{Val(*value)});
}

ExprPtr Parser::parse_list() {
  const Nested nested(*this);
  const Token open = expect(TokenKind::lbracket);
  ast::ListLiteral list;
  while (!at(TokenKind::rbracket)) {
    if (!list.items.empty()) {
      expect(TokenKind::comma);
      if (at(TokenKind::rbracket)) break;
    }
    list.items.push_back(parse_expression());
  }
  expect(TokenKind::rbracket);
  return make(open.line, std::move(list));
}

ExprPtr Parser::parse_dict() {
  const Nested nested(*this);
  const Token open = expect(TokenKind::lbrace);
  ast::DictLiteral dict;
  while (!at(TokenKind::rbrace)) {
    if (!dict.entries.empty()) {
      expect(TokenKind::comma);
      if (at(TokenKind::rbrace)) break;
    }
    ExprPtr key = parse_expression();
    expect(TokenKind::colon);
    dict.entries.emplace_back(std::move(key), parse_expression());
  }
  expect(TokenKind::rbrace);
  return make(open.line, std::move(dict));
}

bool Parser::at_tuple_end(std::string_view end) const {
  return at(TokenKind::variable_end) || at(TokenKind::block_end) || at(TokenKind::rparen) ||
         (!end.empty() && at_name(end));
}

ExprPtr Parser::parse_tuple(bool with_conditional, std::string_view end, bool parentheses) {
  const int line = current().line;
  ast::ListLiteral tuple{{}, true};
  bool comma = false;
  while (!at_tuple_end(end)) {
    tuple.items.push_back(parse_expression(with_conditional));
    if (!skip(TokenKind::comma)) break;
    comma = true;
  }
  if (!comma && !tuple.items.empty()) return std::move(tuple.items.front());
  if (!comma && !parentheses) expected("an expression");
  return make(line, std::move(tuple));
}

ExprPtr Parser::parse_postfix(ExprPtr expr) {
  while (true) {
    if (at(TokenKind::dot) || at(TokenKind::lbracket)) {
      expr = parse_subscript(std::move(expr));
    } else if (at(TokenKind::lparen)) {
      expr = parse_call(std::move(expr));
    } else {
      return expr;
    }
  }
}

ExprPtr Parser::parse_filters_and_tests(ExprPtr expr) {
  while (true) {
    if (at(TokenKind::pipe)) {
      expr = parse_filters(std::move(expr));
    } else if (at_name("is")) {
      expr = parse_test(std::move(expr));
    } else if (at(TokenKind::lparen)) {
      expr = parse_call(std::move(expr));
    } else {
      return expr;
    }
  }
}

ExprPtr Parser::parse_subscript(ExprPtr object) {
  const Token open = next();
  if (open.kind == TokenKind::dot) {
    if (at(TokenKind::integer))
      return make(open.line, ast::Item{std::move(object), parse_number()});
    if (!at(TokenKind::name)) expected("name or number");
    return make(open.line, ast::Attribute{std::move(object), std::string(next().text)});
  }
  const Nested nested(*this);
  ast::Slice slice;
  ast::ListLiteral keys{{}, true};
  const auto at_part_end = [this] { return at(TokenKind::colon) || at(TokenKind::rbracket); };
  if (!at_part_end()) keys.items.push_back(parse_expression());
  if (at(TokenKind::colon)) {
    next();
    if (!keys.items.empty()) slice.start = std::move(keys.items.front());
    if (!at_part_end()) slice.stop = parse_expression();
    if (skip(TokenKind::colon) && !at(TokenKind::rbracket)) slice.step = parse_expression();
    expect(TokenKind::rbracket);
    slice.object = std::move(object);
    return make(open.line, std::move(slice));
  }
  while (!keys.items.empty() && skip(TokenKind::comma)) keys.items.push_back(parse_expression());
  expect(TokenKind::rbracket);
  ExprPtr key =
      keys.items.size() == 1 ? std::move(keys.items.front()) : make(open.line, std::move(keys));
  return make(open.line, ast::Item{std::move(object), std::move(key)});
}

ExprPtr Parser::parse_call(ExprPtr callee) {
  const int line = current().line;
  return make(line, ast::Call{std::move(callee), parse_args()});
}

ast::Args Parser::parse_args() {
  const Nested nested(*this);
  const Token open = expect(TokenKind::lparen);
  ast::Args args;
  bool first = true;
  while (!at(TokenKind::rparen)) {
    if (!first) {
      expect(TokenKind::comma);
      if (at(TokenKind::rparen)) break;
    }
    first = false;
    parse_arg(args, open.line);
  }
  expect(TokenKind::rparen);
  return args;
}

void Parser::parse_arg(ast::Args& args, int line) {
  const auto require = [line](bool order) {
    if (!order) fail_at(line, "the arguments of a call are in the wrong order");
  };
  if (skip(TokenKind::mul)) {
    require(!args.extra_positional && !args.extra_named);
    args.extra_positional = parse_expression();
  } else if (skip(TokenKind::pow)) {
    require(!args.extra_named);
    args.extra_named = parse_expression();
  } else if (at(TokenKind::name) && ahead().kind == TokenKind::assign) {
    require(!args.extra_named);
    const Token name = next();
    next();
    budget_.spend(static_cast<std::int64_t>(args.named.size()));
    for (const auto& [other, value] : args.named) {
      if (other == name.text) fail_at(name.line, "argument '" + other + "' is given twice");
    }
    args.named.emplace_back(std::string(name.text), parse_expression());
  } else {
    require(!args.extra_positional && !args.extra_named && args.named.empty());
    args.positional.push_back(parse_expression());
  }
}

std::string Parser::parse_dotted_name() {
  std::string name(expect(TokenKind::name).text);
  while (skip(TokenKind::dot)) name += "." + std::string(expect(TokenKind::name).text);
  return name;
}

void Parser::note_unknown(int line, std::string_view what, std::string_view name) {
  if (soft_) return;
  unknown_names_.push_back({ErrorCode::invalid_argument,
                            "line " + std::to_string(line) + ": unknown " + std::string(what) +
                                " '" + std::string(name) + "'",
                            true});
}

ExprPtr Parser::parse_filters(ExprPtr input, bool start_inline) {
  while (start_inline || at(TokenKind::pipe)) {
    if (!start_inline) next();
    start_inline = false;
    const int line = current().line;
    ast::Filter filter{std::move(input), parse_dotted_name(), nullptr, {}};
    filter.run = find_filter(filter.name);
    if (filter.run == nullptr) note_unknown(line, "filter", filter.name);
    if (at(TokenKind::lparen)) filter.args = parse_args();
    input = make(line, std::move(filter));
  }
  return input;
}

ExprPtr Parser::parse_test(ExprPtr input) {
  const int line = next().line;  // "is"
  const bool negated = skip_name("not");
  ast::Test test{std::move(input), parse_dotted_name(), nullptr, {}};
  test.run = find_test(test.name);
  if (test.run == nullptr) note_unknown(line, "test", test.name);
  const bool literal = at(TokenKind::string) || at(TokenKind::integer) || at(TokenKind::real) ||
                       at(TokenKind::lbracket) || at(TokenKind::lbrace);
  if (at(TokenKind::lparen)) {
    test.args = parse_args();
  } else if (literal || (at(TokenKind::name) && !at_any_name({"else", "or", "and"}))) {
    if (at_name("is")) fail_at(current().line, "tests cannot be chained with 'is'");
    test.args.positional.push_back(parse_postfix(parse_primary()));
  }
  ExprPtr expr = make(line, std::move(test));
  if (!negated) return expr;
  return make(line, ast::Unary{ast::UnaryOp::logical_not, std::move(expr)});
}

}  // namespace pincer::jinja
