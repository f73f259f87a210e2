// Tokens inside of tags.
#include <array>
#include <string>
#include <utility>

#include "engine/jinja/lexer.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

bool is_digit_of(char c, int base) {
  if (base == 16) return is_ascii_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  return c >= '0' && c < '0' + base;
}

// The end of digits with single underscores between them, or `pos` if there are none.
std::size_t skip_digits(std::string_view source, std::size_t pos, int base) {
  std::size_t end = pos;
  while (end < source.size()) {
    const std::size_t digit = end > pos && source[end] == '_' ? end + 1 : end;
    if (digit >= source.size() || !is_digit_of(source[digit], base)) break;
    end = digit + 1;
  }
  return end;
}

// The end of an exponent at `pos`, or `pos`.
std::size_t skip_exponent(std::string_view source, std::size_t pos) {
  if (pos >= source.size() || (source[pos] != 'e' && source[pos] != 'E')) return pos;
  std::size_t digits = pos + 1;
  if (digits < source.size() && (source[digits] == '+' || source[digits] == '-')) ++digits;
  const std::size_t end = skip_digits(source, digits, 10);
  return end > digits ? end : pos;
}

// The end of a float at `pos`, or `pos`. It needs a fraction or an exponent.
std::size_t match_float(std::string_view source, std::size_t pos) {
  if (pos > 0 && source[pos - 1] == '.') return pos;
  const std::size_t whole = skip_digits(source, pos, 10);
  if (whole == pos) return pos;
  std::size_t end = whole;
  if (whole < source.size() && source[whole] == '.') {
    const std::size_t fraction = skip_digits(source, whole + 1, 10);
    if (fraction > whole + 1) end = fraction;
  }
  end = skip_exponent(source, end);
  return end > whole ? end : pos;
}

std::size_t match_integer(std::string_view source, std::size_t pos) {
  if (!is_ascii_digit(source[pos])) return pos;
  if (source[pos] != '0') return skip_digits(source, pos, 10);
  const char letter = pos + 1 < source.size() ? source[pos + 1] : '\0';
  const int base = letter == 'x' || letter == 'X'   ? 16
                   : letter == 'o' || letter == 'O' ? 8
                   : letter == 'b' || letter == 'B' ? 2
                                                    : 0;
  if (base != 0) {
    // One underscore may follow the prefix.
    const std::size_t digits = pos + 2 + (source.substr(pos + 2, 1) == "_" ? 1 : 0);
    const std::size_t end = skip_digits(source, digits, base);
    if (end > digits) return end;
  }
  return skip_digits(source, pos, 1);  // zeros
}

constexpr std::array<std::pair<std::string_view, TokenKind>, 26> kOperators{{
    {"//", TokenKind::floordiv}, {"**", TokenKind::pow},      {"==", TokenKind::eq},
    {"!=", TokenKind::ne},       {">=", TokenKind::ge},       {"<=", TokenKind::le},
    {"+", TokenKind::add},       {"-", TokenKind::sub},       {"*", TokenKind::mul},
    {"/", TokenKind::div},       {"%", TokenKind::mod},       {"~", TokenKind::tilde},
    {"[", TokenKind::lbracket},  {"]", TokenKind::rbracket},  {"(", TokenKind::lparen},
    {")", TokenKind::rparen},    {"{", TokenKind::lbrace},    {"}", TokenKind::rbrace},
    {">", TokenKind::gt},        {"<", TokenKind::lt},        {"=", TokenKind::assign},
    {".", TokenKind::dot},       {":", TokenKind::colon},     {"|", TokenKind::pipe},
    {",", TokenKind::comma},     {";", TokenKind::semicolon},
}};

}  // namespace

void Lexer::lex_tag(Tag tag) {
  open_brackets_.clear();
  while (true) {
    const std::size_t next = skip_spaces(pos_);
    const std::size_t end = open_brackets_.empty() ? match_tag_end(tag) : 0;
    if (end > 0) {
      add(tag == Tag::variable ? TokenKind::variable_end : TokenKind::block_end, pos_, pos_ + end);
      return move_to(pos_ + end);
    }
    if (next > pos_) {
      move_to(next);
      continue;
    }
    if (pos_ >= source_.size()) return;
    if (!lex_number() && !lex_name() && !lex_string()) lex_operator();
  }
}

std::size_t Lexer::match_tag_end(Tag tag) const {
  if (tag == Tag::variable) {
    if (has(pos_, "-}}")) return skip_spaces(pos_ + 3) - pos_;
    return has(pos_, "}}") ? 2 : 0;
  }
  if (has(pos_, "+%}")) return 3;
  if (has(pos_, "-%}")) return skip_spaces(pos_ + 3) - pos_;
  if (!has(pos_, "%}")) return 0;
  return at(pos_ + 2) == '\n' ? 3 : 2;  // trim_blocks
}

bool Lexer::lex_number() {
  std::size_t end = match_float(source_, pos_);
  const TokenKind kind = end > pos_ ? TokenKind::real : TokenKind::integer;
  if (end == pos_) end = match_integer(source_, pos_);
  if (end == pos_) return false;
  add(kind, pos_, end);
  move_to(end);
  return true;
}

bool Lexer::lex_name() {
  std::size_t end = pos_;
  while (end < source_.size()) {
    const Char c = char_at(source_, end);
    if (!is_word(c.value)) break;
    end += c.length;
  }
  if (end == pos_) return false;
  add(TokenKind::name, pos_, end);
  move_to(end);
  return true;
}

bool Lexer::lex_string() {
  const char quote = at(pos_);
  if (quote != '"' && quote != '\'') return false;
  std::size_t end = pos_ + 1;
  while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
  if (end >= source_.size()) fail_at(line_, "unterminated string");
  add(TokenKind::string, pos_, end + 1);
  move_to(end + 1);
  return true;
}

void Lexer::lex_operator() {
  for (const auto& [text, kind] : kOperators) {
    if (!has(pos_, text)) continue;
    balance(kind);
    add(kind, pos_, pos_ + text.size());
    return move_to(pos_ + text.size());
  }
  std::string shown;
  append_utf8(shown, char_at(source_, pos_).value);
  fail_at(line_, "unexpected character '" + shown + "'");
}

// Inside of brackets "}}" and "%}" do not end the tag.
void Lexer::balance(TokenKind kind) {
  const auto open = [this](TokenKind closing) { open_brackets_.push_back(closing); };
  if (kind == TokenKind::lparen) return open(TokenKind::rparen);
  if (kind == TokenKind::lbracket) return open(TokenKind::rbracket);
  if (kind == TokenKind::lbrace) return open(TokenKind::rbrace);
  if (kind != TokenKind::rparen && kind != TokenKind::rbracket && kind != TokenKind::rbrace) return;
  if (open_brackets_.empty()) {
    fail_at(line_, "unexpected '" + std::string(describe(kind)) + "'");
  }
  if (open_brackets_.back() != kind) {
    fail_at(line_, "unexpected '" + std::string(describe(kind)) + "', expected '" +
                       std::string(describe(open_brackets_.back())) + "'");
  }
  open_brackets_.pop_back();
}

}  // namespace pincer::jinja
