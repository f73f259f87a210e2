#include "engine/jinja/lexer.h"

#include <algorithm>

#include "engine/jinja/unicode.h"

namespace pincer::jinja {

std::string normalize_newlines(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (std::size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out.push_back(source[i]);
      continue;
    }
    out.push_back('\n');
    if (i + 1 < source.size() && source[i + 1] == '\n') ++i;
  }
  if (!out.empty() && out.back() == '\n') out.pop_back();
  return out;
}

std::vector<Token> Lexer::run() {
  while (pos_ < source_.size()) lex_text();
  add(TokenKind::end, source_.size(), source_.size());
  return std::move(tokens_);
}

void Lexer::move_to(std::size_t pos) {
  line_ += static_cast<int>(std::count(source_.begin() + static_cast<std::ptrdiff_t>(pos_),
                                       source_.begin() + static_cast<std::ptrdiff_t>(pos), '\n'));
  pos_ = pos;
}

void Lexer::add(TokenKind kind, std::size_t begin, std::size_t end) {
  budget_.spend(1);
  tokens_.push_back({kind, line_, source_.substr(begin, end - begin)});
}

void Lexer::add_data(std::size_t begin, std::string_view text) {
  if (!text.empty()) add(TokenKind::data, begin, begin + text.size());
}

std::size_t Lexer::skip_spaces(std::size_t pos) const {
  return pos + trim_spaces(source_.substr(pos), true, false).begin;
}

void Lexer::lex_text() {
  std::size_t at = source_.find('{', pos_);
  while (at != std::string_view::npos) {
    const char next = this->at(at + 1);
    if (next == '{' || next == '%' || next == '#') break;
    at = source_.find('{', at + 1);
  }
  if (at == std::string_view::npos) {
    add_data(pos_, source_.substr(pos_));
    move_to(source_.size());
    return;
  }
  open_tag(at);
}

void Lexer::open_tag(std::size_t at) {
  const char kind = this->at(at + 1);
  const Tag tag = kind == '{' ? Tag::variable : kind == '%' ? Tag::block : Tag::comment;
  std::size_t inside = at + 2;
  char sign = this->at(inside);
  if (sign == '-' || sign == '+') {
    ++inside;
  } else {
    sign = '\0';
  }
  add_data(pos_, strip_before(pos_, at, sign, tag != Tag::variable));
  move_to(at);
  if (tag == Tag::comment) {
    move_to(inside);
    return skip_comment();
  }
  const std::size_t raw = tag == Tag::block ? match_raw(inside) : std::string_view::npos;
  if (raw != std::string_view::npos) {
    move_to(raw);
    return lex_raw();
  }
  add(tag == Tag::variable ? TokenKind::variable_begin : TokenKind::block_begin, at, inside);
  move_to(inside);
  lex_tag(tag);
}

std::string_view Lexer::strip_before(std::size_t begin, std::size_t end, char sign,
                                     bool lstrip) const {
  const std::string_view text = source_.substr(begin, end - begin);
  if (sign == '-') return text.substr(0, trim_spaces(text, false, true).end);
  if (sign == '+' || !lstrip) return text;
  // lstrip_blocks: white space between the line's begin and the tag goes.
  const std::size_t newline = text.rfind('\n');
  const bool line_starts = newline != std::string_view::npos || begin == 0 || at(begin - 1) == '\n';
  const std::size_t line = newline == std::string_view::npos ? 0 : newline + 1;
  const Range rest = trim_spaces(text.substr(line), true, false);
  return line_starts && rest.begin == rest.end ? text.substr(0, line) : text;
}

void Lexer::skip_comment() {
  const std::size_t close = source_.find("#}", pos_);
  if (close == std::string_view::npos) fail_at(line_, "missing end of comment tag");
  std::size_t end = close + 2;
  const char sign = close > pos_ ? at(close - 1) : '\0';
  if (sign == '-') {
    end = skip_spaces(end);
  } else if (sign != '+' && at(end) == '\n') {
    ++end;
  }
  move_to(end);
}

std::size_t Lexer::match_raw(std::size_t pos) const {
  pos = skip_spaces(pos);
  if (!has(pos, "raw")) return std::string_view::npos;
  pos = skip_spaces(pos + 3);
  if (has(pos, "-%}")) return skip_spaces(pos + 3);
  return has(pos, "%}") ? pos + 2 : std::string_view::npos;
}

void Lexer::lex_raw() {
  for (std::size_t at = source_.find("{%", pos_); at != std::string_view::npos;
       at = source_.find("{%", at + 1)) {
    std::size_t inside = at + 2;
    const char sign = this->at(inside);
    if (sign == '-' || sign == '+') ++inside;
    inside = skip_spaces(inside);
    if (!has(inside, "endraw")) continue;
    inside = skip_spaces(inside + 6);
    if (has(inside, "-%}")) {
      inside = skip_spaces(inside + 3);
    } else if (has(inside, "+%}")) {
      inside += 3;
    } else if (has(inside, "%}")) {
      inside += this->at(inside + 2) == '\n' ? 3 : 2;
    } else {
      continue;
    }
    add_data(pos_, strip_before(pos_, at, sign, true));
    return move_to(inside);
  }
  fail_at(line_, "missing end of raw directive");
}

}  // namespace pincer::jinja
