// The words of a template.
#pragma once

#include <cstdint>
#include <string_view>

namespace pincer::jinja {

enum class TokenKind : std::uint8_t {
  data,  // text between tags
  variable_begin,
  variable_end,
  block_begin,
  block_end,
  name,
  string,  // with its quotes and escapes
  integer,
  real,
  add,
  sub,
  mul,
  div,
  floordiv,
  mod,
  pow,
  tilde,
  lbracket,
  rbracket,
  lparen,
  rparen,
  lbrace,
  rbrace,
  eq,
  ne,
  gt,
  ge,
  lt,
  le,
  assign,
  dot,
  colon,
  pipe,
  comma,
  semicolon,
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  int line = 1;
  std::string_view text;  // in the lexed source
};

// For messages: "end of print statement", "==".
std::string_view describe(TokenKind kind);
// For messages: a name stands for itself.
std::string_view describe(const Token& token);

}  // namespace pincer::jinja
