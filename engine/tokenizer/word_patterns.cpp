#include "engine/tokenizer/word_patterns.h"

#include <algorithm>
#include <string>

#include "engine/tokenizer/unicode.h"

namespace pincer::bpe {
namespace {

// Where the run of characters of one class that includes `pos` ends.
std::size_t run_end(std::string_view text, std::size_t pos, CharClass char_class) {
  Char next = char_at(text, pos);
  while (next.char_class == char_class) {
    pos += next.length;
    next = char_at(text, pos);
  }
  return pos;
}

// ` ?X+` where X is the class of the first character behind the optional space.
std::size_t spaced_run_end(std::string_view text, std::size_t pos, bool numbers) {
  const std::size_t begin = pos < text.size() && text[pos] == ' ' ? pos + 1 : pos;
  const CharClass first = char_at(text, begin).char_class;
  switch (first) {
    case CharClass::letter:
    case CharClass::other:
      return run_end(text, begin, first);
    case CharClass::number:
      return numbers ? run_end(text, begin, first) : pos;
    case CharClass::space:
    case CharClass::end:
      break;
  }
  return pos;
}

std::size_t spaces_end(std::string_view text, std::size_t pos, bool cut_at_number) {
  std::size_t last = pos;
  std::size_t end = pos;
  for (Char next = char_at(text, pos);; next = char_at(text, end)) {
    if (next.char_class != CharClass::space) {
      const bool at_end = next.char_class == CharClass::end ||
                          (cut_at_number && next.char_class == CharClass::number);
      return at_end || last == pos ? end : last;
    }
    last = end;
    end += next.length;
  }
}

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

std::size_t match_contraction(std::string_view text, std::size_t pos) {
  if (pos >= text.size() || text[pos] != '\'') return pos;
  const std::string_view tail = text.substr(pos + 1, 2);
  for (const std::string_view suffix : {"re", "ve", "ll"}) {
    if (tail == suffix) return pos + 3;
  }
  const bool short_form =
      !tail.empty() && std::string_view("stmd").find(tail[0]) != std::string_view::npos;
  return short_form ? pos + 2 : pos;
}

std::size_t match_contraction_of_any_case(std::string_view text, std::size_t pos) {
  constexpr std::string_view kLongS = "'\xC5\xBF";
  if (text.substr(pos, kLongS.size()) == kLongS) return pos + kLongS.size();
  constexpr std::size_t kLongest = 3;
  std::string lower(text.substr(pos, kLongest));
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return pos + match_contraction(lower, 0);
}

std::size_t match_number(std::string_view text, std::size_t pos) {
  const Char next = char_at(text, pos);
  return next.char_class == CharClass::number ? pos + next.length : pos;
}

std::size_t match_three_numbers(std::string_view text, std::size_t pos) {
  for (int i = 0; i < 3; ++i) pos = match_number(text, pos);
  return pos;
}

std::size_t match_prefixed_letters(std::string_view text, std::size_t pos) {
  const Char first = char_at(text, pos);
  if (first.char_class == CharClass::letter) return run_end(text, pos, CharClass::letter);
  const bool prefix = first.char_class == CharClass::other ||
                      (first.char_class == CharClass::space && !is_line_end(text[pos]));
  if (!prefix) return pos;
  const std::size_t begin = pos + first.length;
  const std::size_t end = run_end(text, begin, CharClass::letter);
  return end > begin ? end : pos;
}

std::size_t match_others_with_line_ends(std::string_view text, std::size_t pos) {
  const std::size_t begin = pos < text.size() && text[pos] == ' ' ? pos + 1 : pos;
  std::size_t end = run_end(text, begin, CharClass::other);
  if (end == begin) return pos;
  while (end < text.size() && is_line_end(text[end])) ++end;
  return end;
}

std::size_t match_spaces_to_line_end(std::string_view text, std::size_t pos) {
  std::size_t end = pos;
  for (Char next = char_at(text, pos); next.char_class == CharClass::space;
       next = char_at(text, pos)) {
    if (is_line_end(text[pos])) end = pos + 1;
    pos += next.length;
  }
  return end;
}

std::size_t match_spaced_run(std::string_view text, std::size_t pos) {
  return spaced_run_end(text, pos, true);
}

std::size_t match_spaced_run_without_numbers(std::string_view text, std::size_t pos) {
  return spaced_run_end(text, pos, false);
}

std::size_t match_spaces(std::string_view text, std::size_t pos) {
  return spaces_end(text, pos, false);
}

std::size_t match_spaces_cut_at_number(std::string_view text, std::size_t pos) {
  return spaces_end(text, pos, true);
}

}  // namespace pincer::bpe
