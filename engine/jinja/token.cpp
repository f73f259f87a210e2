#include "engine/jinja/token.h"

#include <array>
#include <cstddef>

namespace pincer::jinja {

std::string_view describe(TokenKind kind) {
  static constexpr std::array<std::string_view, static_cast<std::size_t>(TokenKind::end) + 1>
      kNames{"template text",
             "begin of print statement",
             "end of print statement",
             "begin of statement block",
             "end of statement block",
             "name",
             "string",
             "integer",
             "float",
             "+",
             "-",
             "*",
             "/",
             "//",
             "%",
             "**",
             "~",
             "[",
             "]",
             "(",
             ")",
             "{",
             "}",
             "==",
             "!=",
             ">",
             ">=",
             "<",
             "<=",
             "=",
             ".",
             ":",
             "|",
             ",",
             ";",
             "end of template"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view describe(const Token& token) {
  return token.kind == TokenKind::name ? token.text : describe(token.kind);
}

}  // namespace pincer::jinja
