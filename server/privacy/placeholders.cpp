#include "server/privacy/placeholders.h"

#include <fmt/format.h>

#include "server/privacy/detectors/characters.h"
#include "server/privacy/stream_restorer.h"

namespace pincer {
namespace {

using privacy::before;
using privacy::digit_value;
using privacy::is_digit;
using privacy::upper;

constexpr int kMostDigits = 7;  // of a number that may be ours

// Whether `text` up to `end` ends with `label`, in any case, and with "\_" for "_" as Markdown has.
bool ends_with_label(std::string_view text, std::size_t end, std::string_view label) {
  std::size_t i = end;
  for (std::size_t k = label.size(); k-- > 0;) {
    if (i == 0 || upper(text[i - 1]) != label[k]) return false;
    --i;
    if (label[k] == '_' && before(text, i) == '\\') --i;
  }
  return true;
}

}  // namespace

void PlaceholderMap::keep_clear_of(std::string_view text) {
  for (std::size_t i = text.find('_'); i != std::string_view::npos; i = text.find('_', i + 1)) {
    if (!is_digit(privacy::at(text, i + 1))) continue;
    const std::size_t end = before(text, i) == '\\' ? i - 1 : i;
    for (const PrivacyClass kind : privacy_classes()) {
      if (!ends_with_label(text, end, class_label(kind))) continue;
      int number = 0;  // what follows may be replaced: 1, 12 and 123 of "123"
      for (std::size_t k = i + 1; is_digit(privacy::at(text, k)) && k <= i + kMostDigits; ++k) {
        number = number * 10 + digit_value(text[k]);
        taken_.emplace(kind, number);
      }
    }
  }
}

const std::string& PlaceholderMap::name_of(PrivacyClass kind, std::string_view value) {
  std::string& name = names_[std::string(value)];
  if (!name.empty()) return name;
  int& number = last_[static_cast<std::size_t>(kind)];
  while (taken_.contains({kind, ++number})) {
  }
  name = fmt::format("{}_{}", class_label(kind), number);
  values_.emplace(name, value);
  for (std::size_t size = 1; size <= name.size(); ++size) beginnings_.insert(name.substr(0, size));
  return name;
}

const std::string* PlaceholderMap::value_of(std::string_view name) const {
  const auto found = values_.find(std::string(name));
  return found == values_.end() ? nullptr : &found->second;
}

bool PlaceholderMap::begins_name(std::string_view text) const {
  return beginnings_.contains(text) || (text.empty() && !empty());
}

std::string replace_findings(std::string_view text, const Findings& findings, PlaceholderMap& map,
                             std::string_view quote) {
  std::string replaced;
  std::size_t done = 0;
  for (const Finding& finding : findings) {
    replaced += text.substr(done, finding.begin - done);
    const auto value = text.substr(finding.begin, finding.end - finding.begin);
    replaced += quote;
    replaced += '[';
    replaced += map.name_of(finding.kind, value);
    replaced += ']';
    replaced += quote;
    done = finding.end;
  }
  replaced += text.substr(done);
  return replaced;
}

std::string restore(std::string_view text, const PlaceholderMap& map, bool json) {
  TextRestorer restorer(map, json);
  std::string restored = restorer.push(text);
  restored += restorer.finish();
  return restored;
}

}  // namespace pincer
