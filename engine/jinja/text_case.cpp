#include "engine/jinja/text_case.h"

#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

constexpr char32_t kCapitalSigma = 0x3A3;
constexpr std::string_view kFinalSigma = "\xCF\x82";

// A capital sigma at the end of a word has a lower case of its own.
bool ends_word(std::string_view text, std::size_t pos) {
  const bool letter_before = pos > 0 && is_alpha(char_at(text, previous_char(text, pos)).value);
  const std::size_t next = pos + char_at(text, pos).length;
  return letter_before && (next >= text.size() || !is_alpha(char_at(text, next).value));
}

void append_lower_at(std::string& out, std::string_view text, std::size_t pos, char32_t c) {
  if (c == kCapitalSigma && ends_word(text, pos)) {
    out += kFinalSigma;
  } else {
    append_lower(out, c);
  }
}

// Applies `convert(out, pos, character)`, which appends UTF-8 to `out`, to every character.
template <class Convert>
Text map_chars(Budget& budget, const Text& text, Convert convert) {
  budget.spend_scan(text.size());
  const std::string_view bytes = text.bytes();
  Text out;
  std::string run;  // of equal trust
  bool trusted = true;
  for (std::size_t pos = 0; pos < bytes.size();) {
    const Char c = char_at(bytes, pos);
    if (const bool trust = text.trusted_at(pos); trust != trusted) {
      out.append(run, trusted);
      run.clear();
      trusted = trust;
    }
    convert(run, pos, c.value);
    pos += c.length;
  }
  out.append(run, trusted);
  budget.check_size(out.size());
  return out;
}

}  // namespace

Text upper(Budget& budget, const Text& text) {
  return map_chars(budget, text,
                   [](std::string& out, std::size_t, char32_t c) { append_upper(out, c); });
}

Text lower(Budget& budget, const Text& text) {
  return map_chars(budget, text, [&](std::string& out, std::size_t pos, char32_t c) {
    append_lower_at(out, text.bytes(), pos, c);
  });
}

Text fold_case(Budget& budget, const Text& text) {
  return map_chars(budget, text, [](std::string& out, std::size_t, char32_t c) {
    std::string capitals;
    append_upper(capitals, c);
    for (std::size_t pos = 0; pos < capitals.size(); pos += char_at(capitals, pos).length) {
      append_lower(out, char_at(capitals, pos).value);
    }
  });
}

Text swap_case(Budget& budget, const Text& text) {
  return map_chars(budget, text, [&](std::string& out, std::size_t pos, char32_t c) {
    if (is_upper(c)) {
      append_lower_at(out, text.bytes(), pos, c);
    } else {
      append_upper(out, c);
    }
  });
}

Text capitalize(Budget& budget, const Text& text) {
  return map_chars(budget, text, [&](std::string& out, std::size_t pos, char32_t c) {
    if (pos == 0) {
      append_title(out, c);
    } else {
      append_lower_at(out, text.bytes(), pos, c);
    }
  });
}

Text title(Budget& budget, const Text& text) {
  bool in_word = false;
  return map_chars(budget, text, [&](std::string& out, std::size_t pos, char32_t c) {
    if (in_word) {
      append_lower_at(out, text.bytes(), pos, c);
    } else {
      append_title(out, c);
    }
    in_word = is_cased(c);
  });
}

Text title_filter(Budget& budget, const Text& text) {
  constexpr std::string_view kBreaks = "-({[<";
  bool at_begin = true;
  std::size_t tail = 0;  // where the part of the word begins that is made lower case
  return map_chars(budget, text, [&](std::string& out, std::size_t pos, char32_t c) {
    const std::string_view bytes = text.bytes();
    if (at_begin) {
      append_upper(out, c);
      tail = pos + char_at(bytes, pos).length;
    } else {
      append_lower_at(out, bytes.substr(tail), pos - tail, c);
    }
    at_begin = is_space(c) || kBreaks.find(bytes[pos]) != std::string_view::npos;
  });
}

}  // namespace pincer::jinja
