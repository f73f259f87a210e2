// Addresses of network cards: six pairs with colons or hyphens, or three fours with dots.
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

// Whether `groups` groups of `digits` hexadecimal digits with `separator` between begin at `begin`.
bool is_mac(std::string_view text, std::size_t begin, std::size_t groups, std::size_t digits,
            char separator) {
  const std::size_t size = groups * (digits + 1) - 1;
  if (text.size() - begin < size) return false;
  bool same = true;  // 00:00:… and ff:ff:… are nobody's
  for (std::size_t i = 0; i < size; ++i) {
    const char c = text[begin + i];
    const bool between = i % (digits + 1) == digits;
    if (between ? c != separator : !is_hex(c)) return false;
    if (!between && lower(c) != lower(text[begin])) same = false;
  }
  const char next = at(text, begin + size);
  return !same && !is_word(next) && !(next == separator && is_hex(at(text, begin + size + 1)));
}

}  // namespace

void find_mac_addresses(std::string_view text, Findings& out) {
  for (std::size_t i = 0; i + 14 <= text.size(); ++i) {
    if (!is_hex(text[i])) continue;
    const char previous = before(text, i);
    if (is_word(previous) || previous == ':' || previous == '-' || previous == '.') {
      // "MAC:00:1b:…", but not the middle of something longer
      if (previous != ':' || i < 2 || is_hex(text[i - 2])) continue;
    }
    const char separator = text[i + 2];
    std::size_t size = 0;
    if ((separator == ':' || separator == '-') && is_mac(text, i, 6, 2, separator)) size = 17;
    if (text[i + 4] == '.' && is_mac(text, i, 3, 4, '.')) size = 14;
    if (size == 0) continue;
    out.push_back({PrivacyClass::mac_address, i, i + size, Confidence::format});
    i += size - 1;
  }
}

}  // namespace pincer::privacy
