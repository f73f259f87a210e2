#include "engine/jinja/text_parts.h"

#include <algorithm>
#include <set>

#include "engine/jinja/search.h"

namespace pincer::jinja {
namespace {

Range strip_set(std::string_view text, std::string_view chars, bool left, bool right) {
  std::set<char32_t> set;
  for (std::size_t pos = 0; pos < chars.size(); pos += char_at(chars, pos).length) {
    set.insert(char_at(chars, pos).value);
  }
  Range range{0, text.size()};
  while (left && range.begin < range.end) {
    const Char c = char_at(text, range.begin);
    if (set.count(c.value) == 0) break;
    range.begin += c.length;
  }
  while (right && range.end > range.begin) {
    const std::size_t begin = previous_char(text, range.end);
    if (set.count(char_at(text, begin).value) == 0) break;
    range.end = begin;
  }
  return range;
}

std::size_t skip_class(std::string_view text, std::size_t pos, bool spaces) {
  while (pos < text.size()) {
    const Char c = char_at(text, pos);
    if (is_space(c.value) != spaces) break;
    pos += c.length;
  }
  return pos;
}

std::size_t skip_class_back(std::string_view text, std::size_t pos, bool spaces) {
  while (pos > 0) {
    const std::size_t begin = previous_char(text, pos);
    if (is_space(char_at(text, begin).value) != spaces) break;
    pos = begin;
  }
  return pos;
}

class Cutter {
 public:
  Cutter(Budget& budget, const Text& text) : budget_(budget), text_(text) {}

  void keep(std::size_t begin, std::size_t end) {
    budget_.spend(2);
    budget_.spend_copy(end - begin);
    parts_.push_back(text_.slice(begin, end));
  }
  bool full(std::int64_t most) const {
    return most >= 0 && static_cast<std::int64_t>(parts_.size()) >= most;
  }
  std::vector<Text> parts(bool reversed) {
    if (reversed) std::reverse(parts_.begin(), parts_.end());
    return std::move(parts_);
  }

 private:
  Budget& budget_;
  const Text& text_;
  std::vector<Text> parts_;
};

std::vector<Text> split_spaces(Budget& budget, const Text& text, std::int64_t most) {
  const std::string_view bytes = text.bytes();
  Cutter cutter(budget, text);
  std::size_t pos = skip_class(bytes, 0, true);
  while (pos < bytes.size()) {
    if (cutter.full(most)) {
      cutter.keep(pos, bytes.size());  // spaces at the far end stay, as in Python
      break;
    }
    const std::size_t end = skip_class(bytes, pos, false);
    cutter.keep(pos, end);
    pos = skip_class(bytes, end, true);
  }
  return cutter.parts(false);
}

std::vector<Text> split_spaces_back(Budget& budget, const Text& text, std::int64_t most) {
  const std::string_view bytes = text.bytes();
  Cutter cutter(budget, text);
  std::size_t pos = skip_class_back(bytes, bytes.size(), true);
  while (pos > 0) {
    if (cutter.full(most)) {
      cutter.keep(0, pos);
      break;
    }
    const std::size_t begin = skip_class_back(bytes, pos, false);
    cutter.keep(begin, pos);
    pos = skip_class_back(bytes, begin, true);
  }
  return cutter.parts(true);
}

std::vector<Text> split_at(Budget& budget, const Text& text, std::string_view separator,
                           std::int64_t most) {
  Cutter cutter(budget, text);
  std::size_t pos = 0;
  while (!cutter.full(most)) {
    const std::size_t at = find_bytes(budget, text.bytes(), separator, pos);
    if (at == std::string_view::npos) break;
    cutter.keep(pos, at);
    pos = at + separator.size();
  }
  cutter.keep(pos, text.size());
  return cutter.parts(false);
}

std::vector<Text> split_at_back(Budget& budget, const Text& text, std::string_view separator,
                                std::int64_t most) {
  Cutter cutter(budget, text);
  std::size_t end = text.size();
  while (!cutter.full(most)) {
    const std::size_t at = rfind_bytes(budget, text.bytes().substr(0, end), separator);
    if (at == std::string_view::npos) break;
    cutter.keep(at + separator.size(), end);
    end = at;
  }
  cutter.keep(0, end);
  return cutter.parts(true);
}

}  // namespace

Text strip(Budget& budget, const Text& text, const Text* chars, bool left, bool right) {
  const Range range = chars == nullptr ? trim_spaces(text.bytes(), left, right)
                                       : strip_set(text.bytes(), chars->bytes(), left, right);
  budget.spend_scan(text.size() - (range.end - range.begin) +
                    (chars != nullptr ? chars->size() : 0));
  budget.spend_copy(range.end - range.begin);
  return text.slice(range.begin, range.end);
}

std::vector<Text> split(Budget& budget, const Text& text, const Text* separator, std::int64_t most,
                        bool from_right) {
  if (separator == nullptr) {
    budget.spend_scan(text.size());
    return from_right ? split_spaces_back(budget, text, most) : split_spaces(budget, text, most);
  }
  if (separator->empty()) fail("the separator of a split is empty");
  return from_right ? split_at_back(budget, text, separator->bytes(), most)
                    : split_at(budget, text, separator->bytes(), most);
}

std::vector<Text> split_lines(Budget& budget, const Text& text, bool keep_ends) {
  budget.spend_scan(text.size());
  const std::string_view bytes = text.bytes();
  Cutter cutter(budget, text);
  std::size_t begin = 0;
  for (std::size_t pos = 0; pos < bytes.size();) {
    const Char c = char_at(bytes, pos);
    std::size_t next = pos + c.length;
    if (is_line_end(c.value)) {
      if (c.value == '\r' && next < bytes.size() && bytes[next] == '\n') ++next;
      cutter.keep(begin, keep_ends ? next : pos);
      begin = next;
    }
    pos = next;
  }
  if (begin < bytes.size()) cutter.keep(begin, bytes.size());
  return cutter.parts(false);
}

Text replace(Budget& budget, const Text& text, const Text& old, const Text& with,
             std::int64_t most) {
  Text out;
  std::size_t copied = 0;
  std::size_t pos = 0;
  for (std::int64_t done = 0; most < 0 || done < most; ++done) {
    std::size_t at = find_bytes(budget, text.bytes(), old.bytes(), pos);
    if (at == std::string_view::npos || pos > text.size()) break;
    out.append(text, copied, at);
    out.append(with);
    budget.spend_copy(with.size());
    budget.check_size(out.size());
    copied = at + old.size();
    // An empty `old` is found again behind the next character.
    pos =
        old.empty() ? (at < text.size() ? at + char_at(text.bytes(), at).length : at + 1) : copied;
  }
  budget.spend_copy(text.size());
  out.append(text, copied, text.size());
  budget.check_size(out.size());
  return out;
}

std::int64_t count_text(Budget& budget, std::string_view text, std::string_view part) {
  if (part.empty()) {
    budget.spend_scan(text.size());
    return static_cast<std::int64_t>(count_chars(text)) + 1;
  }
  std::int64_t count = 0;
  std::size_t pos = find_bytes(budget, text, part, 0);
  while (pos != std::string_view::npos) {
    ++count;
    pos = find_bytes(budget, text, part, pos + part.size());
  }
  return count;
}

}  // namespace pincer::jinja
