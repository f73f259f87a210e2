// Tokens to a tree, by recursive descent along jinja2's grammar.
#pragma once

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/jinja/ast.h"
#include "engine/jinja/budget.h"
#include "engine/jinja/token.h"

namespace pincer::jinja {

// The names of a template, numbered from 0. The reserved ones come first.
class SymbolTable {
 public:
  SymbolTable();
  Symbol intern(std::string_view name);
  const std::vector<std::string>& names() const { return names_; }

 private:
  std::map<std::string, Symbol, std::less<>> ids_;
  std::vector<std::string> names_;
};

class Parser {
 public:
  Parser(std::vector<Token> tokens, Budget& budget, SymbolTable& symbols)
      : tokens_(std::move(tokens)), budget_(budget), symbols_(symbols) {}

  // Throws Failure with the line and the token.
  ast::Block parse_template();
  int line() const { return current().line; }

 private:
  using Words = std::initializer_list<std::string_view>;

  // Keeps recursion within the limit. Brackets, blocks, "not", signs and "else" count.
  class Nested {
   public:
    explicit Nested(Parser& parser) : parser_(parser) {
      parser_.budget_.check_depth(++parser_.depth_);
    }
    ~Nested() { --parser_.depth_; }
    Nested(const Nested&) = delete;
    Nested& operator=(const Nested&) = delete;

   private:
    Parser& parser_;
  };

  // Tokens.
  const Token& current() const { return tokens_[pos_]; }
  const Token& ahead() const { return tokens_[std::min(pos_ + 1, tokens_.size() - 1)]; }
  Token next();
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool at_name(std::string_view name) const {
    return at(TokenKind::name) && current().text == name;
  }
  bool at_any_name(Words names) const;
  bool skip(TokenKind kind);
  bool skip_name(std::string_view name);
  Token expect(TokenKind kind);
  void expect_name(std::string_view name);
  [[noreturn]] void expected(std::string_view what) const;

  template <class Node>
  ast::ExprPtr make(int line, Node node) {
    ast::Expr::Node any(std::move(node));
    const int depth = 1 + ast::depth_below(any);
    budget_.check_depth(depth);
    budget_.spend(1);
    return std::make_unique<const ast::Expr>(ast::Expr{line, depth, std::move(any)});
  }
  template <class Node>
  ast::Stmt make_stmt(int line, Node node) {
    ast::Stmt::Node any(std::move(node));
    const int depth = 1 + ast::depth_below(any);
    budget_.check_depth(depth);
    budget_.spend(1);
    return ast::Stmt{line, depth, std::move(any)};
  }

  // Expressions, from the loosest to the tightest.
  ast::ExprPtr parse_expression(bool with_conditional = true);
  ast::ExprPtr parse_conditional();
  ast::ExprPtr parse_or();
  ast::ExprPtr parse_and();
  ast::ExprPtr parse_not();
  ast::ExprPtr parse_compare();
  ast::ExprPtr parse_sum();
  ast::ExprPtr parse_concat();
  ast::ExprPtr parse_product();
  ast::ExprPtr parse_power();
  ast::ExprPtr parse_unary(bool with_filter = true);
  ast::ExprPtr parse_primary();
  ast::ExprPtr parse_name();
  ast::ExprPtr parse_string();
  ast::ExprPtr parse_number();
  ast::ExprPtr parse_list();
  ast::ExprPtr parse_dict();
  // One expression, or a tuple if there are commas. Ends before a tag's end, ")" or the name `end`.
  ast::ExprPtr parse_tuple(bool with_conditional, std::string_view end = {},
                           bool parentheses = false);
  bool at_tuple_end(std::string_view end) const;
  ast::ExprPtr parse_postfix(ast::ExprPtr expr);
  ast::ExprPtr parse_filters_and_tests(ast::ExprPtr expr);
  ast::ExprPtr parse_subscript(ast::ExprPtr object);
  ast::ExprPtr parse_call(ast::ExprPtr callee);
  ast::Args parse_args();
  void parse_arg(ast::Args& args, int line);
  // `input` may be null: the filters of a block, the first of which has no "|".
  ast::ExprPtr parse_filters(ast::ExprPtr input, bool start_inline = false);
  ast::ExprPtr parse_test(ast::ExprPtr input);
  std::string parse_dotted_name();
  void note_unknown(int line, std::string_view what, std::string_view name);

  // Statements.
  ast::Block parse_until(Words ends);  // leaves the end's name as the current token
  ast::Block parse_body(Words ends);   // the rest of a tag, then parse_until
  ast::Block parse_last_body(std::string_view end);
  ast::Stmt parse_statement();
  ast::Stmt parse_if();
  ast::Stmt parse_for();
  ast::Stmt parse_set();
  ast::Stmt parse_with();
  ast::Stmt parse_macro();
  ast::Stmt parse_call_block();
  ast::Stmt parse_filter_block();
  ast::Stmt parse_scope(std::string_view end);
  ast::Stmt parse_loop_control(bool is_break);
  ast::Stmt parse_print();
  [[noreturn]] void unknown_tag(const Token& tag) const;
  void parse_signature(ast::MacroDef& macro);
  void parse_macro_body(ast::MacroDef& macro, std::string_view end);
  ast::Target parse_target(std::string_view end);
  ast::Target parse_target_part();
  void check_target_name(const Token& name) const;

  std::vector<Token> tokens_;
  std::size_t pos_ = 0;
  Budget& budget_;
  SymbolTable& symbols_;
  int depth_ = 0;
  int loops_ = 0;     // loops around that break and continue can reach
  int for_tags_ = 0;  // for blocks around: `loop` cannot be assigned inside
  // jinja2 looks filters and tests up when it compiles, but those directly in an if only when they
  // are reached.
  bool soft_ = false;
  std::vector<Failure> unknown_names_;
  std::vector<ast::MacroDef*> macros_;  // around the current position
};

}  // namespace pincer::jinja
