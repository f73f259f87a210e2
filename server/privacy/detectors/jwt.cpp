// JSON web tokens: base64url parts with dots between, of which the first is a JSON object.
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {

void find_jwts(std::string_view text, Findings& out) {
  constexpr std::string_view kObject = "eyJ";  // {" in base64
  constexpr std::size_t kShortestPart = 8;
  std::size_t end = 0;
  for (std::size_t begin = text.find(kObject); begin != std::string_view::npos;
       begin = text.find(kObject, end)) {
    std::size_t parts = 0, part = begin, i = begin;
    for (;; ++i) {
      const char c = at(text, i);
      if (is_word(c) || c == '-') continue;
      if (i - part < kShortestPart && parts < 2) break;
      ++parts;
      if (c != '.' || parts == 5) break;  // five: an encrypted one
      part = i + 1;
    }
    end = i > begin ? i : begin + 1;
    if (parts < 3 || is_word(before(text, begin))) continue;
    while (text[end - 1] == '.') --end;
    out.push_back({PrivacyClass::jwt, begin, end, Confidence::format});
  }
}

}  // namespace pincer::privacy
