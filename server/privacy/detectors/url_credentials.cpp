// The user and the password in front of a URL's host.
#include "server/privacy/detectors/characters.h"
#include "server/privacy/detectors/detectors.h"

namespace pincer::privacy {
namespace {

constexpr std::size_t kMaxAuthority = 512;

// What documentation writes instead of a password.
bool is_placeholder(std::string_view password) {
  return std::string_view("$<{*[%").find(password[0]) != std::string_view::npos ||
         password == "password" || password == "pass" || password == "PASSWORD";
}

void find_in_authority(std::string_view text, std::size_t begin, Findings& out) {
  constexpr std::string_view kEnds = "/?# \t\r\n\"'`<>\\";
  std::string_view authority = text.substr(begin, kMaxAuthority);
  authority = authority.substr(0, authority.find_first_of(kEnds));
  const std::size_t sign = authority.rfind('@');
  if (sign == std::string_view::npos) return;
  const std::string_view user = authority.substr(0, sign);
  const std::size_t colon = user.find(':');
  if (colon == std::string_view::npos || colon + 1 == user.size()) return;
  if (is_placeholder(user.substr(colon + 1))) return;
  out.push_back({PrivacyClass::url_credentials, begin, begin + sign, Confidence::format});
}

}  // namespace

void find_url_credentials(std::string_view text, Findings& out) {
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    if (!is_alnum(before(text, colon))) continue;
    const std::string_view rest = text.substr(colon + 1);
    const std::size_t slashes = rest.starts_with("//") ? 2 : rest.starts_with("\\/\\/") ? 4 : 0;
    if (slashes > 0) find_in_authority(text, colon + 1 + slashes, out);
  }
}

}  // namespace pincer::privacy
