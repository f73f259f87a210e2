#include "server/route/expression_tokens.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace pincer {
namespace {

bool name_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool name_digit(char c) { return c >= '0' && c <= '9'; }
bool in_name(char c) { return name_letter(c) || name_digit(c) || c == '.' || c == '-' || c == '@'; }

constexpr std::array<std::string_view, 8> kSigns = {"==", "!=", "<=", ">=", "<", ">", "(", ")"};

class Lexer {
 public:
  explicit Lexer(std::string_view source) : rest_(source), size_(source.size()) {}

  Result<ExpressionToken> next() {
    while (!rest_.empty() && (rest_[0] == ' ' || rest_[0] == '\t' || rest_[0] == '\n'))
      rest_.remove_prefix(1);
    ExpressionToken token{.column = size_ - rest_.size() + 1};
    if (rest_.empty()) return token;
    const char c = rest_[0];
    if (name_letter(c)) return name(std::move(token));
    if (name_digit(c) || c == '-') return number(std::move(token));
    if (c == '"' || c == '\'') return text(std::move(token));
    for (const std::string_view sign : kSigns) {
      if (!rest_.starts_with(sign)) continue;
      token.kind = ExpressionToken::Kind::sign;
      token.text = sign;
      rest_.remove_prefix(sign.size());
      return token;
    }
    return expression_error(token.column, hint(c));
  }

 private:
  static std::string hint(char c) {
    if (c == '=') return "'=' compares nothing; write ==";
    if (c == '&') return "write `and`";
    if (c == '|') return "write `or`";
    if (c == '!') return "write `not`";
    if (c > ' ' && c < 0x7f) return fmt::format("'{}' means nothing here", c);
    return "a character that means nothing outside of quotes";
  }

  ExpressionToken name(ExpressionToken token) {
    std::size_t end = 0;
    while (end < rest_.size() && in_name(rest_[end])) ++end;
    token.kind = ExpressionToken::Kind::name;
    token.text = rest_.substr(0, end);
    rest_.remove_prefix(end);
    return token;
  }

  Result<ExpressionToken> number(ExpressionToken token) {
    const auto [end, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), token.number);
    if (error != std::errc{} || (end != rest_.data() + rest_.size() && in_name(*end)))
      return expression_error(token.column, "this is no number");
    token.kind = ExpressionToken::Kind::number;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return token;
  }

  Result<ExpressionToken> text(ExpressionToken token) {
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos)
      return expression_error(token.column, "this text has no end; the quote is missing");
    token.kind = ExpressionToken::Kind::text;
    token.text = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    return token;
  }

  std::string_view rest_;
  std::size_t size_;
};

}  // namespace

Error expression_error(std::size_t column, const std::string& message) {
  return {ErrorCode::invalid_argument, fmt::format("column {}: {}", column, message)};
}

Result<std::vector<ExpressionToken>> expression_tokens(std::string_view source) {
  std::vector<ExpressionToken> tokens;
  Lexer lexer(source);
  for (;;) {
    auto token = lexer.next();
    if (!token) return token.error();
    tokens.push_back(std::move(token).value());
    if (tokens.back().kind == ExpressionToken::Kind::end) return tokens;
  }
}

}  // namespace pincer
