// Blocks and the statements that have a body.
#include <algorithm>
#include <utility>

#include "engine/jinja/parser.h"

namespace pincer::jinja {

ast::Block Parser::parse_until(Words ends) {
  const Nested nested(*this);
  ast::Block block;
  while (!at(TokenKind::end)) {
    const Token token = next();
    if (token.kind == TokenKind::data) {
      block.push_back(make_stmt(
          token.line, ast::Data{std::make_shared<const Text>(std::string(token.text), true)}));
    } else if (token.kind == TokenKind::variable_begin) {
      ast::ExprPtr value = parse_tuple(true);
      expect(TokenKind::variable_end);
      block.push_back(make_stmt(token.line, ast::Output{std::move(value)}));
    } else {  // the lexer yields nothing else here than a block's begin
      if (at_any_name(ends)) return block;
      block.push_back(parse_statement());
      expect(TokenKind::block_end);
    }
  }
  if (ends.size() != 0) expected(*(ends.end() - 1));
  return block;
}

ast::Block Parser::parse_body(Words ends) {
  skip(TokenKind::colon);  // jinja2 lets Python's habit pass
  expect(TokenKind::block_end);
  return parse_until(ends);
}

ast::Block Parser::parse_last_body(std::string_view end) {
  ast::Block body = parse_body({end});
  next();
  return body;
}

ast::Stmt Parser::parse_statement() {
  if (!at(TokenKind::name)) fail_at(current().line, "tag name expected");
  const std::string_view name = current().text;
  if (name == "if") return parse_if();
  if (name == "for") return parse_for();
  if (name == "set") return parse_set();
  if (name == "macro") return parse_macro();
  if (name == "call") return parse_call_block();
  if (name == "filter") return parse_filter_block();
  if (name == "with") return parse_with();
  if (name == "print") return parse_print();
  if (name == "break") return parse_loop_control(true);
  if (name == "continue") return parse_loop_control(false);
  // transformers notes which text of a chat is the assistant's; the tag does nothing else.
  if (name == "generation") return parse_scope("endgeneration");
  unknown_tag(current());
}

void Parser::unknown_tag(const Token& tag) const {
  for (const std::string_view known :
       {"block", "extends", "include", "import", "from", "autoescape"}) {
    if (tag.text == known) {
      fail_at(tag.line, "tag '" + std::string(known) + "' is not supported in chat templates");
    }
  }
  fail_at(tag.line, "unknown tag '" + std::string(tag.text) + "'");
}

ast::Stmt Parser::parse_if() {
  const int line = next().line;
  const bool outer = std::exchange(soft_, true);
  ast::If node;
  do {
    ast::ExprPtr test = parse_tuple(false);
    ast::Block body = parse_body({"elif", "else", "endif"});
    node.branches.emplace_back(std::move(test), std::move(body));
  } while (skip_name("elif"));
  if (skip_name("else")) {
    node.otherwise = parse_last_body("endif");
  } else {
    next();
  }
  soft_ = outer;
  return make_stmt(line, std::move(node));
}

ast::Stmt Parser::parse_for() {
  const int line = next().line;
  ast::For node;
  ++for_tags_;
  node.target = parse_target("in");
  expect_name("in");
  node.iterable = parse_tuple(false, "recursive");
  const bool outer = std::exchange(soft_, false);
  if (skip_name("if")) node.test = parse_expression();
  node.recursive = skip_name("recursive");
  ++loops_;
  node.body = parse_body({"endfor", "else"});
  --loops_;
  if (next().text == "else") node.otherwise = parse_last_body("endfor");
  soft_ = outer;
  --for_tags_;
  return make_stmt(line, std::move(node));
}

ast::Stmt Parser::parse_set() {
  const int line = next().line;
  ast::Target target = parse_target({});
  if (skip(TokenKind::assign)) {
    return make_stmt(line, ast::Set{std::move(target), parse_tuple(true)});
  }
  const bool outer = std::exchange(soft_, false);
  ast::ExprPtr filter = parse_filters(nullptr);
  ast::Block body = parse_last_body("endset");
  soft_ = outer;
  return make_stmt(line, ast::SetBlock{std::move(target), std::move(filter), std::move(body)});
}

ast::Stmt Parser::parse_with() {
  const int line = next().line;
  ast::With node;
  while (!at(TokenKind::block_end)) {
    if (!node.assignments.empty()) expect(TokenKind::comma);
    ast::Target target = parse_target({});
    expect(TokenKind::assign);
    node.assignments.emplace_back(std::move(target), parse_expression());
  }
  const bool outer = std::exchange(soft_, false);
  node.body = parse_last_body("endwith");
  soft_ = outer;
  return make_stmt(line, std::move(node));
}

ast::Stmt Parser::parse_scope(std::string_view end) {
  const int line = next().line;
  const int loops = std::exchange(loops_, 0);
  const bool outer = std::exchange(soft_, false);
  ast::With node;
  node.body = parse_last_body(end);
  soft_ = outer;
  loops_ = loops;
  return make_stmt(line, std::move(node));
}

ast::Stmt Parser::parse_filter_block() {
  const int line = next().line;
  const bool outer = std::exchange(soft_, false);
  ast::ExprPtr filter = parse_filters(nullptr, true);
  ast::Block body = parse_last_body("endfilter");
  soft_ = outer;
  return make_stmt(line, ast::FilterBlock{std::move(filter), std::move(body)});
}

ast::Stmt Parser::parse_print() {
  const int line = next().line;
  ast::Concat values;
  while (!at(TokenKind::block_end)) {
    if (!values.parts.empty()) expect(TokenKind::comma);
    values.parts.push_back(parse_expression());
  }
  return make_stmt(line, ast::Output{make(line, std::move(values))});
}

ast::Stmt Parser::parse_loop_control(bool is_break) {
  const Token token = next();
  if (loops_ == 0) fail_at(token.line, "'" + std::string(token.text) + "' outside of a loop");
  if (is_break) return make_stmt(token.line, ast::Break{});
  return make_stmt(token.line, ast::Continue{});
}

}  // namespace pincer::jinja
