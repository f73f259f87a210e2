// Private keys in PEM, also where line breaks are written as \n, and where the end is missing.
#include <algorithm>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

constexpr std::string_view kBegin = "-----BEGIN ", kEnd = "-----END ", kRule = "-----";
constexpr std::size_t kMaxLabel = 64;

// Behind base64, line breaks, and headers such as "Proc-Type: 4,ENCRYPTED".
std::size_t body_end(std::string_view text, std::size_t i) {
  const auto belongs = [](char c) {
    return is_alnum(c) || is_space(c) ||
           std::string_view("+/=\\-:,").find(c) != std::string_view::npos;
  };
  while (i < text.size() && text[i] != '\0' && belongs(text[i])) ++i;
  return i;
}

}  // namespace

void find_private_keys(std::string_view text, Findings& out) {
  std::size_t end = 0;
  bool ends = true;  // there is an end mark further on
  for (std::size_t begin = text.find(kBegin); begin != std::string_view::npos;
       begin = text.find(kBegin, std::max(end, begin + 1))) {
    const std::size_t label = begin + kBegin.size();
    const std::size_t rule = text.substr(label, kMaxLabel).find(kRule);
    if (rule == std::string_view::npos ||
        text.substr(label, rule).find("PRIVATE KEY") == std::string_view::npos) {
      continue;
    }
    const std::size_t body = label + rule + kRule.size();
    const std::size_t mark = ends ? text.find(kEnd, body) : std::string_view::npos;
    const std::size_t close =
        mark != std::string_view::npos ? text.find(kRule, mark + kEnd.size()) : mark;
    ends = close != std::string_view::npos;
    end = ends ? close + kRule.size() : body_end(text, body);
    out.push_back({PrivacyClass::private_key, begin, end, Confidence::format});
  }
}

}  // namespace pincer::privacy
