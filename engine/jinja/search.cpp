#include "engine/jinja/search.h"

#include <cstring>

namespace pincer::jinja {

std::size_t find_bytes(Budget& budget, std::string_view text, std::string_view needle,
                       std::size_t from) {
  if (from > text.size() || needle.size() > text.size() - from) return std::string_view::npos;
  const char* begin = text.data() + from;
  const void* found =
      needle.empty() ? begin : memmem(begin, text.size() - from, needle.data(), needle.size());
  const std::size_t at =
      found == nullptr ? std::string_view::npos
                       : static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
  const std::size_t looked_at = found == nullptr ? text.size() - from : at - from;
  budget.spend_scan(looked_at);
  budget.spend_copy(needle.size());
  return at;
}

std::size_t rfind_bytes(Budget& budget, std::string_view text, std::string_view needle) {
  if (needle.size() > text.size()) return std::string_view::npos;
  std::size_t at = text.size() - needle.size();
  if (needle.empty()) return at;
  while (true) {
    at = text.rfind(needle.front(), at);
    if (at == std::string_view::npos) break;
    budget.spend_copy(needle.size());  // for the comparison
    if (text.substr(at, needle.size()) == needle || at == 0) break;
    --at;
  }
  const bool found = at != std::string_view::npos && text.substr(at, needle.size()) == needle;
  budget.spend_scan(found ? text.size() - at : text.size());
  return found ? at : std::string_view::npos;
}

}  // namespace pincer::jinja
