#include "server/privacy/detectors/digit_groups.h"

#include "server/privacy/detectors/characters.h"

namespace pincer::privacy {
namespace {

constexpr std::size_t kMaxGap = 3;  // ") -"
// No-break space, narrow no-break space, figure space, thin space, hyphens U+2010 to U+2013.
constexpr std::string_view kWide[] = {"\u00a0", "\u202f", "\u2007", "\u2009",
                                      "\u2010", "\u2011", "\u2012", "\u2013"};

// How many bytes of a separator stand at `i`.
std::size_t separator_at(std::string_view text, std::size_t i, std::string_view separators) {
  if (i >= text.size()) return 0;
  if (separators.find(text[i]) != std::string_view::npos) return 1;
  if (static_cast<unsigned char>(text[i]) < 0x80) return 0;
  for (const std::string_view wide : kWide) {
    if (text.substr(i).starts_with(wide)) return wide.size();
  }
  return 0;
}

}  // namespace

DigitGroups read_digit_groups(std::string_view text, std::size_t begin, std::string_view separators,
                              std::size_t most) {
  DigitGroups groups;
  std::size_t i = begin, gap_begin = begin;
  while (groups.size() < most && is_digit(at(text, i))) {
    DigitGroup group{.begin = i, .end = i, .gap = text.substr(gap_begin, i - gap_begin)};
    while (is_digit(at(text, group.end))) ++group.end;
    groups.push_back(group);
    gap_begin = i = group.end;
    for (std::size_t n = 0; n < kMaxGap; ++n) {
      const std::size_t size = separator_at(text, i, separators);
      if (size == 0) break;
      i += size;
    }
  }
  return groups;
}

std::string digits_of(std::string_view text, const DigitGroups& groups, std::size_t first,
                      std::size_t last) {
  std::string digits;
  for (std::size_t i = first; i <= last; ++i) {
    digits += text.substr(groups[i].begin, groups[i].size());
  }
  return digits;
}

bool luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (std::size_t i = digits.size(); i-- > 0; twice = !twice) {
    const int digit = digit_value(digits[i]) * (twice ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum % 10 == 0;
}

}  // namespace pincer::privacy
