// E-mail addresses: the local part is read backwards from the @, the domain forwards.
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

constexpr std::size_t kMaxLocal = 128, kMaxDomain = 255;  // bytes; RFC 5321 says 64 and 255

// Latin, Greek and Cyrillic letters, two bytes each in UTF-8. Not those of three bytes: Chinese
// text stands beside an address without a space.
bool is_wide_lead(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xc3 && byte <= 0xd4;
}
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::size_t local_begin(std::string_view text, std::size_t end) {
  constexpr std::string_view kMarks = "._+-%";
  const std::size_t limit = end > kMaxLocal ? end - kMaxLocal : 0;
  std::size_t i = end;
  while (i > limit) {
    const char c = text[i - 1];
    const bool plain = is_alnum(c) || (c != '\0' && kMarks.find(c) != std::string_view::npos);
    const bool between =
        (c == '\'' || c == '&') && i >= 2 && is_alnum(text[i - 2]) && i < end && is_alnum(text[i]);
    if (plain || between) {
      --i;
    } else if (is_continuation(c) && i >= 2 && is_wide_lead(text[i - 2])) {
      i -= 2;
    } else {
      break;
    }
  }
  while (i < end && (text[i] == '.' || text[i] == '-')) ++i;
  return i;
}

// Behind the last letter of a domain that begins at `begin`; `begin` when there is none.
std::size_t domain_end(std::string_view text, std::size_t begin) {
  std::size_t i = begin, label = begin, good = begin;
  bool letters_only = true, dotted = false;
  for (; i < text.size() && i - begin < kMaxDomain; ++i) {
    const char c = text[i];
    const bool wide = is_wide_lead(c) && is_continuation(at(text, i + 1));
    if (is_alnum(c) || c == '-' || wide) {
      if (is_digit(c) || c == '-') letters_only = false;
      if (wide) ++i;
      const bool last =
          !is_alnum(at(text, i + 1)) && at(text, i + 1) != '-' && !is_wide_lead(at(text, i + 1));
      const bool punycode = has_word(text, label, "xn--");
      if (last && dotted && (letters_only || punycode) && i + 1 - label >= 2) good = i + 1;
    } else if (c == '.' && i > label) {
      dotted = true;
      label = i + 1;
      letters_only = true;
    } else {
      break;
    }
  }
  return good;
}

void find_around(std::string_view text, std::string_view sign, Findings& out) {
  for (std::size_t i = text.find(sign); i != std::string_view::npos; i = text.find(sign, i + 1)) {
    const std::size_t begin = local_begin(text, i), domain = i + sign.size();
    if (begin == i || text[i - 1] == '.') continue;
    const std::size_t end = domain_end(text, domain);
    if (end > domain) out.push_back({PrivacyClass::email, begin, end, Confidence::format});
  }
}

}  // namespace

void find_emails(std::string_view text, Findings& out) {
  find_around(text, "@", out);
  find_around(text, "%40", out);  // in a URL
}

}  // namespace pincer::privacy
