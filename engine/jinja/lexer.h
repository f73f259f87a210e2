// Template source to tokens, with white space control: trim_blocks and lstrip_blocks are on and the
// last newline is dropped, as transformers sets jinja2 up.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/jinja/budget.h"
#include "engine/jinja/token.h"

namespace pincer::jinja {

// Every line end becomes "\n"; one at the end of the template goes.
std::string normalize_newlines(std::string_view source);

class Lexer {
 public:
  // `source` is normalized and outlives the tokens.
  Lexer(std::string_view source, Budget& budget) : source_(source), budget_(budget) {}

  // Throws Failure with the line.
  std::vector<Token> run();
  int line() const { return line_; }

 private:
  enum class Tag { variable, block, comment };

  // The text before a tag and the tag's opening.
  void lex_text();
  void open_tag(std::size_t at);
  // What is left of source_[begin, end) under the tag's sign: '-', '+' or none.
  std::string_view strip_before(std::size_t begin, std::size_t end, char sign, bool lstrip) const;
  void skip_comment();
  // After the sign of "{%": the position behind "raw %}", or npos if this is no raw block.
  std::size_t match_raw(std::size_t pos) const;
  void lex_raw();

  void lex_tag(Tag tag);
  // The length of the tag's end at pos_, 0 if there is none.
  std::size_t match_tag_end(Tag tag) const;
  bool lex_number();
  bool lex_name();
  bool lex_string();
  void lex_operator();
  void balance(TokenKind kind);

  void add(TokenKind kind, std::size_t begin, std::size_t end);
  void add_data(std::size_t begin, std::string_view text);
  void move_to(std::size_t pos);
  char at(std::size_t pos) const { return pos < source_.size() ? source_[pos] : '\0'; }
  bool has(std::size_t pos, std::string_view what) const {
    return source_.substr(pos, what.size()) == what;
  }
  std::size_t skip_spaces(std::size_t pos) const;

  std::string_view source_;
  Budget& budget_;
  std::size_t pos_ = 0;
  int line_ = 1;  // of pos_
  std::vector<TokenKind> open_brackets_;
  std::vector<Token> tokens_;
};

}  // namespace pincer::jinja
