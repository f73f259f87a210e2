#include "engine/tokenizer/word_patterns.h"

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

std::size_t match_number(std::string_view text, std::size_t pos) {
  const Char next = char_at(text, pos);
  return next.char_class == CharClass::number ? pos + next.length : pos;
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
