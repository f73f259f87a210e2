// Telephone numbers: international ones, and national ones whose groups tell them from other
// numbers. Digits alone count only beside a word such as "phone".
#include <algorithm>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"
#include "server/privacy/detectors/digit_groups.h"

namespace pincer::privacy {
namespace {

constexpr std::string_view kPhoneWords[] = {
    "phone",    "tel",   "mobile", "cell",  "call", "fax",     "sms",
    "whatsapp", "handy", "dial",   "reach", "text", "hotline", "telefon",
    "móvil",    "电话",  "手机",   "電話",  "手機", "致电",    "联系"};
constexpr std::size_t kMaxGroups = 10;

class Candidate {
 public:
  Candidate(std::string_view text, const DigitGroups& groups, std::size_t first, std::size_t last)
      : text_(text), groups_(groups), first_(first), last_(last) {
    for (std::size_t i = first; i <= last; ++i) digits_ += groups[i].size();
  }

  std::size_t digits() const { return digits_; }
  std::size_t count() const { return last_ - first_ + 1; }
  std::size_t size(std::size_t i) const { return groups_[first_ + i].size(); }
  char digit(std::size_t i, std::size_t k = 0) const {
    return text_[groups_[first_ + i].begin + k];
  }
  bool gaps_have(char c) const {
    for (std::size_t i = first_ + 1; i <= last_; ++i) {
      if (groups_[i].gap.find(c) != std::string_view::npos) return true;
    }
    return false;
  }
  // More groups of two stand around it: the bytes of a dump.
  bool beside_pairs() const {
    if (last_ + 1 < groups_.size() && groups_[last_ + 1].size() == 2) return true;
    if (first_ > 0) return groups_[first_ - 1].size() == 2;
    const std::size_t begin = groups_[first_].begin;
    if (begin < 3 || (begin > 3 && is_alnum(text_[begin - 4]))) return false;
    const char high = text_[begin - 3], low = text_[begin - 2];
    return is_hex(high) && is_hex(low) && (is_digit(high) || is_digit(low));
  }

 private:
  std::string_view text_;
  const DigitGroups& groups_;
  std::size_t first_, last_, digits_ = 0;
};

bool is_date(const Candidate& c) {
  if (c.count() != 3 || c.digits() > 8) return false;
  return (c.size(0) == 4 && c.size(1) <= 2) || (c.size(2) == 4 && c.size(0) <= 2 && c.size(1) <= 2);
}

// 415-555-0123, 1 (415) 555-0123
bool is_north_american(const Candidate& c, bool parenthesis) {
  std::size_t i = 0;
  if (c.count() == 4 && c.size(0) == 1 && c.digit(0) == '1') i = 1;
  if (c.size(i) != 3 || c.digit(i) < '2') return false;
  if (c.count() == i + 2) return parenthesis && c.size(i + 1) == 7;
  return c.count() == i + 3 && c.size(i + 1) == 3 && c.digit(i + 1) >= '2' && c.size(i + 2) == 4;
}

// 0170-1234567, 03-1234-5678, (030) 1234567, 01 23 45 67 89, 0049 30 1234567
bool is_with_trunk_zero(const Candidate& c) {
  if (c.digit(0) != '0' || c.count() < 2) return false;
  bool pairs = true, long_groups = true;  // all, and all behind the first
  for (std::size_t i = 0; i < c.count(); ++i) {
    if (c.size(i) < 2) return false;
    pairs = pairs && c.size(i) == 2;
    long_groups = long_groups && (i == 0 || c.size(i) >= 3);
  }
  if (c.digit(0, 1) == '0') return c.size(0) >= 4 && c.digits() >= 11 && c.digits() <= 17;
  if (pairs) return c.count() == 5 && !c.beside_pairs();
  if (c.gaps_have('.')) return false;
  return (c.size(0) >= 3 || long_groups) && c.digits() >= 9 && c.digits() <= 12;
}

// (11) 91234-5678
bool is_with_area_in_parentheses(const Candidate& c, bool parenthesis) {
  if (!parenthesis || c.count() < 2 || c.digits() < 8 || c.digits() > 12) return false;
  for (std::size_t i = 1; i < c.count(); ++i) {
    if (c.size(i) < 3) return false;
  }
  return c.size(0) >= 2 && c.size(0) <= 5 && !c.gaps_have('.') && !c.gaps_have('/');
}

// 138 1234 5678
bool is_chinese_mobile(const Candidate& c) {
  return c.count() == 3 && c.size(0) == 3 && c.size(1) == 4 && c.size(2) == 4 &&
         c.digit(0) == '1' && c.digit(0, 1) >= '3';
}

bool is_phone(const Candidate& c, bool plus, bool parenthesis) {
  if (plus) return c.digits() >= 8 && c.digits() <= 15 && c.digit(0) != '0';
  return !is_date(c) && (is_north_american(c, parenthesis) || is_with_trunk_zero(c) ||
                         is_chinese_mobile(c) || is_with_area_in_parentheses(c, parenthesis));
}

bool may_be_phone(const Candidate& c) {
  return c.digits() >= 7 && c.digits() <= 15 && !is_date(c) && !c.gaps_have('.') &&
         !c.gaps_have('/');
}

struct Beginning {
  std::size_t at = 0;  // of a plus or a parenthesis, if there is one
  bool plus = false, parenthesis = false;
};

Beginning beginning_at(std::string_view text, std::size_t digit) {
  constexpr std::string_view kWidePlus = "＋";
  Beginning begin{.at = digit};
  if (before(text, digit) == '(' && !is_word(before(text, digit - 1))) {
    begin.parenthesis = true;
    --begin.at;
  }
  const std::string_view front = text.substr(0, begin.at);
  begin.plus = front.ends_with('+') || front.ends_with(kWidePlus);
  if (begin.plus) begin.at -= front.ends_with('+') ? 1 : kWidePlus.size();
  return begin;
}

// The longest number from group `first` on that `is` one, as its last group; npos: none.
template <class Is>
std::size_t last_group(std::string_view text, const DigitGroups& groups, std::size_t first, Is is) {
  for (std::size_t last = groups.size(); last-- > first;) {
    if (!is_word(at(text, groups[last].end)) && is(Candidate(text, groups, first, last))) {
      return last;
    }
  }
  return std::string_view::npos;
}

// Adds the numbers of a run of groups. Groups in front or behind may belong to something else, so
// every beginning is tried, and of each the longest number.
void judge_run(std::string_view text, const DigitGroups& groups, Findings& out) {
  for (std::size_t first = 0; first < groups.size(); ++first) {
    if (first == 0 && before(text, groups[0].begin) == '.') continue;  // a fraction
    const Beginning begin = beginning_at(text, groups[first].begin);
    Confidence confidence = Confidence::format;
    std::size_t last = last_group(text, groups, first, [&](const Candidate& c) {
      return is_phone(c, begin.plus, begin.parenthesis);
    });
    if (last == std::string_view::npos) {
      last = last_group(text, groups, first, may_be_phone);
      if (last == std::string_view::npos || !word_before(text, begin.at, kPhoneWords, 24)) continue;
      confidence = Confidence::context;
    }
    out.push_back({PrivacyClass::phone, begin.at, groups[last].end, confidence});
    first = last;
  }
}

}  // namespace

void find_phones(std::string_view text, Findings& out) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i])) {
      ++i;
      continue;
    }
    const char previous = before(text, i);
    const DigitGroups groups = read_digit_groups(text, i, " -./()", kMaxGroups);
    const bool inside = is_word(previous);
    i = inside ? groups.front().end : groups.back().end;
    if (!inside) judge_run(text, groups, out);
    if (!inside && groups.size() == kMaxGroups) i = groups[kMaxGroups / 2].begin;
  }
}

}  // namespace pincer::privacy
