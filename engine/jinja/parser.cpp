// The parser's tokens and names.
#include "engine/jinja/parser.h"

#include <algorithm>
#include <utility>

namespace pincer::jinja {

SymbolTable::SymbolTable() {
  for (const char* name : {"loop", "caller", "varargs", "kwargs"}) intern(name);
}

Symbol SymbolTable::intern(std::string_view name) {
  const auto it = ids_.find(name);
  if (it != ids_.end()) return it->second;
  const auto id = static_cast<Symbol>(names_.size());
  ids_.emplace(name, id);
  names_.emplace_back(name);
  return id;
}

ast::Block Parser::parse_template() {
  ast::Block block = parse_until({});
  if (!unknown_names_.empty()) throw unknown_names_.front();
  return block;
}

Token Parser::next() {
  const Token token = current();
  if (pos_ + 1 < tokens_.size()) ++pos_;
  return token;
}

bool Parser::at_any_name(Words names) const {
  return at(TokenKind::name) &&
         std::find(names.begin(), names.end(), current().text) != names.end();
}

bool Parser::skip(TokenKind kind) {
  if (!at(kind)) return false;
  next();
  return true;
}

bool Parser::skip_name(std::string_view name) {
  if (!at_name(name)) return false;
  next();
  return true;
}

Token Parser::expect(TokenKind kind) {
  if (!at(kind)) expected(describe(kind));
  return next();
}

void Parser::expect_name(std::string_view name) {
  if (!skip_name(name)) expected(name);
}

void Parser::expected(std::string_view what) const {
  fail_at(current().line,
          "expected '" + std::string(what) + "', got '" + std::string(describe(current())) + "'");
}

}  // namespace pincer::jinja
