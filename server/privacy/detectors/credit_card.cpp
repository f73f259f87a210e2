// Numbers of payment cards: the issuer's first digits, the length that it uses, Luhn's check digit.
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"
#include "server/privacy/detectors/digit_groups.h"

namespace pincer::privacy {
namespace {

struct Issuer {
  int low, high;  // of the first four digits
  std::size_t shortest, longest;
};
constexpr Issuer kIssuers[] = {
    {2200, 2204, 16, 19},  // Mir
    {2221, 2720, 16, 16},  // Mastercard
    {3000, 3059, 14, 19},  // Diners Club
    {3400, 3499, 15, 15},  // American Express
    {3528, 3589, 16, 19},  // JCB
    {3600, 3699, 14, 19},  // Diners Club
    {3700, 3799, 15, 15},  // American Express
    {3800, 3999, 14, 19},  // Diners Club
    {4000, 4999, 13, 19},  // Visa
    {5000, 5099, 13, 19},  // Maestro
    {5100, 5599, 16, 16},  // Mastercard
    {5600, 6999, 13, 19},  // Maestro, Discover, UnionPay, RuPay
    {8100, 8171, 16, 19},  // UnionPay
    {9792, 9792, 16, 16},  // Troy
};

bool is_card(std::string_view digits) {
  if (digits.size() < 13 || digits.size() > 19) return false;
  int first = 0;
  for (const char c : digits.substr(0, 4)) first = first * 10 + digit_value(c);
  for (const Issuer& issuer : kIssuers) {
    if (first >= issuer.low && first <= issuer.high && digits.size() >= issuer.shortest &&
        digits.size() <= issuer.longest) {
      return luhn(digits);
    }
  }
  return false;
}

// The last group of a card that begins with group `first`; npos: none does.
std::size_t card_end(std::string_view text, const DigitGroups& groups, std::size_t first) {
  std::string digits;
  std::size_t found = std::string_view::npos;
  for (std::size_t last = first; last < groups.size(); ++last) {
    if (last > first && (groups[last].gap.size() > 3 || groups[last].size() < 2)) break;
    digits += text.substr(groups[last].begin, groups[last].size());
    if (digits.size() > 19) break;
    if (is_card(digits)) found = last;
  }
  return found;
}

}  // namespace

void find_credit_cards(std::string_view text, Findings& out) {
  for (std::size_t i = 0; i < text.size();) {
    if (!is_digit(text[i]) || is_word(before(text, i))) {
      ++i;
      continue;
    }
    const DigitGroups groups = read_digit_groups(text, i, " -.", 12);
    i = groups.back().end;
    for (std::size_t first = 0; first < groups.size(); ++first) {
      const std::size_t last = card_end(text, groups, first);
      if (last == std::string_view::npos || is_word(at(text, groups[last].end))) continue;
      out.push_back(
          {PrivacyClass::credit_card, groups[first].begin, groups[last].end, Confidence::checked});
      first = last;
    }
    if (groups.size() == 12) i = groups[6].begin;  // a card may begin in the second half
  }
}

}  // namespace pincer::privacy
