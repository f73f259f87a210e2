#include "server/api/shown_text.h"

#include <cstddef>

#include "server/api/logprobs_json.h"

namespace pincer {
namespace {

constexpr std::size_t kMostShown = 1000, kShownEnd = 300;  // bytes

bool goes_on(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

}  // namespace

std::string shown_text(std::string_view text) {
  if (text.size() <= kMostShown) return valid_utf8(text);
  std::size_t begin = kMostShown - kShownEnd, end = text.size() - kShownEnd;
  while (begin > 0 && goes_on(text[begin])) --begin;
  while (end < text.size() && goes_on(text[end])) ++end;
  return valid_utf8(text.substr(0, begin)) + " … " + valid_utf8(text.substr(end));
}

}  // namespace pincer
