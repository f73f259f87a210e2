// IP addresses of both versions, but for those that are nobody's: loopback, unspecified, broadcast
// and the ranges for documentation (RFC 5737, RFC 3849).
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

constexpr std::string_view kVersionWords[] = {"version", "release", "build", "ver.", "firmware",
                                              "版本",    "==",      ">=",    "<=",   "~="};

bool is_nobodys(const std::array<int, 4>& o) {
  if (o[0] == 0 || o[0] == 127) return true;
  if (std::ranges::all_of(o, [](int octet) { return octet == 255; })) return true;
  if (o[0] == 255 && (o[3] == 0 || o[2] == 255)) return true;  // a mask
  return (o[0] == 192 && o[1] == 0 && o[2] == 2) || (o[0] == 198 && o[1] == 51 && o[2] == 100) ||
         (o[0] == 203 && o[1] == 0 && o[2] == 113);
}

// Behind the address at `begin`, or `begin`.
std::size_t v4_end(std::string_view text, std::size_t begin, std::array<int, 4>& octets) {
  std::size_t i = begin;
  for (std::size_t n = 0; n < 4; ++n) {
    if (n > 0 && at(text, i++) != '.') return begin;
    const std::size_t first = i;
    int value = 0;
    while (is_digit(at(text, i)) && i - first < 3) value = value * 10 + digit_value(text[i++]);
    if (i == first || value > 255 || (text[first] == '0' && i - first > 1)) return begin;
    octets[n] = value;
  }
  const char next = at(text, i);
  if (is_word(next) || (next == '.' && is_alnum(at(text, i + 1)))) return begin;
  if (next == '-' && is_letter(at(text, i + 1))) return begin;  // 1.2.3.4-beta
  return i;
}

void find_v4(std::string_view text, std::size_t i, Findings& out) {
  const char previous = before(text, i);
  if (is_word(previous) || previous == '.') return;
  std::array<int, 4> octets{};
  const std::size_t end = v4_end(text, i, octets);
  if (end == i || is_nobodys(octets)) return;
  if (word_before(text, i, kVersionWords, 12)) return;
  out.push_back({PrivacyClass::ip_address, i, end, Confidence::format});
}

bool is_v6(std::string_view run) {
  const std::string copy(run);
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET6, copy.c_str(), bytes.data()) != 1) return false;
  const auto digits = std::ranges::count_if(run, is_digit);
  const auto hexes = std::ranges::count_if(run, is_hex);
  if (digits == 0 || hexes < 4) return false;  // "ace::bad" of a program
  constexpr std::array<unsigned char, 4> kDocumentation{0x20, 0x01, 0x0d, 0xb8};
  if (std::memcmp(bytes.data(), kDocumentation.data(), kDocumentation.size()) == 0) return false;
  return !std::all_of(bytes.begin(), bytes.end() - 1, [](unsigned char b) { return b == 0; });
}

// Returns behind what was looked at.
std::size_t find_v6(std::string_view text, std::size_t i, Findings& out) {
  std::size_t end = i;
  int colons = 0;
  while (is_hex(at(text, end)) || at(text, end) == ':' || (colons > 1 && at(text, end) == '.')) {
    if (text[end++] == ':') ++colons;
  }
  const std::size_t next = std::max(end, i + 1);
  if (colons < 2 || end - i > 46 || is_word(before(text, i)) || is_word(at(text, end))) return next;
  while (end > i && (text[end - 1] == '.' || (text[end - 1] == ':' && text[end - 2] != ':'))) --end;
  if (is_v6(text.substr(i, end - i))) {
    out.push_back({PrivacyClass::ip_address, i, end, Confidence::format});
  }
  return next;
}

}  // namespace

void find_ip_addresses(std::string_view text, Findings& out) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_digit(text[i]) && !is_digit(before(text, i))) find_v4(text, i, out);
  }
  for (std::size_t i = 0; i < text.size();) {
    i = is_hex(text[i]) || text[i] == ':' ? find_v6(text, i, out) : i + 1;
  }
}

}  // namespace pincer::privacy
