// International bank account numbers: the country's length, and 1 modulo 97.
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

// ISO 13616's registry: country and length.
constexpr std::string_view kLengths =
    "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24"
    "FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32"
    "LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24"
    "RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

std::size_t length_of(char first, char second) {
  for (std::size_t i = 0; i < kLengths.size(); i += 4) {
    if (kLengths[i] == first && kLengths[i + 1] == second) {
      return static_cast<std::size_t>(digit_value(kLengths[i + 2]) * 10 +
                                      digit_value(kLengths[i + 3]));
    }
  }
  return 0;
}

int remainder_after(int remainder, char c) {
  if (is_digit(c)) return (remainder * 10 + digit_value(c)) % 97;
  return (remainder * 100 + (upper(c) - 'A' + 10)) % 97;
}

// Behind the number that begins at `begin`, or `begin`.
std::size_t iban_end(std::string_view text, std::size_t begin) {
  const std::size_t length = length_of(upper(text[begin]), upper(at(text, begin + 1)));
  if (length == 0) return begin;
  char plain[34];
  std::size_t size = 0, i = begin;
  while (size < length && i < text.size()) {
    const char c = text[i];
    if (is_alnum(c)) {
      plain[size++] = c;
      ++i;
    } else if ((c == ' ' || c == '-' || c == '.') && is_alnum(at(text, i + 1))) {
      ++i;
    } else if (text.substr(i).starts_with("\u00a0")) {
      i += 2;
    } else {
      break;
    }
  }
  if (size != length || is_word(at(text, i))) return begin;
  int remainder = 0;
  for (std::size_t k = 0; k < length; ++k) {
    remainder = remainder_after(remainder, plain[(k + 4) % length]);
  }
  return remainder == 1 ? i : begin;
}

}  // namespace

void find_ibans(std::string_view text, Findings& out) {
  for (std::size_t i = 0; i + 15 <= text.size(); ++i) {
    if (!is_letter(text[i]) || is_word(before(text, i)) || !is_letter(text[i + 1])) continue;
    if (!is_digit(text[i + 2]) && text[i + 2] != ' ') continue;
    const std::size_t end = iban_end(text, i);
    if (end == i) continue;
    out.push_back({PrivacyClass::iban, i, end, Confidence::checked});
    i = end - 1;
  }
}

}  // namespace pincer::privacy
