#include "engine/generate/utf8.h"

namespace pincer {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// How a character that begins with some byte goes on: its length, and the range of its second byte.
// The further bytes are 80 to BF.
struct Lead {
  std::size_t length;  // 0: no character begins so
  unsigned char min;
  unsigned char max;
};

Lead lead_of(unsigned char byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xc2) return {0, 0, 0};  // continuation bytes, and overlong forms of ASCII
  if (byte < 0xe0) return {2, 0x80, 0xbf};
  if (byte == 0xe0) return {3, 0xa0, 0xbf};  // no overlong forms
  if (byte == 0xed) return {3, 0x80, 0x9f};  // no surrogates
  if (byte < 0xf0) return {3, 0x80, 0xbf};
  if (byte == 0xf0) return {4, 0x90, 0xbf};  // no overlong forms
  if (byte < 0xf4) return {4, 0x80, 0xbf};
  if (byte == 0xf4) return {4, 0x80, 0x8f};  // nothing above U+10FFFF
  return {0, 0, 0};
}

}  // namespace

Utf8Prefix utf8_prefix(std::string_view text) {
  const Lead lead = lead_of(static_cast<unsigned char>(text[0]));
  if (lead.length == 0) return {Utf8Prefix::invalid, 1};
  for (std::size_t i = 1; i < lead.length; ++i) {
    if (i == text.size()) return {Utf8Prefix::incomplete, i};
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned char min = i == 1 ? lead.min : 0x80;
    const unsigned char max = i == 1 ? lead.max : 0xbf;
    if (byte < min || byte > max) return {Utf8Prefix::invalid, i};
  }
  return {Utf8Prefix::character, lead.length};
}

std::size_t append_utf8(std::string& out, std::string_view text, bool at_end) {
  std::size_t taken = 0;
  while (taken < text.size()) {
    const Utf8Prefix prefix = utf8_prefix(text.substr(taken));
    if (prefix.kind == Utf8Prefix::incomplete && !at_end) break;
    out += prefix.kind == Utf8Prefix::character ? text.substr(taken, prefix.bytes) : kReplacement;
    taken += prefix.bytes;
  }
  return taken;
}

}  // namespace pincer
