// What stands in a request instead of what was found there: "[EMAIL_1]". The same value has the
// same placeholder in one request, and numbers follow the order of first use, so a conversation
// that grows keeps those that it has.
#pragma once

#include <array>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "server/privacy/finding.h"

namespace pincer {

class PlaceholderMap {
 public:
  // Numbers that `text` uses of itself, as in "EMAIL_1" or "email_1", are not given to a value.
  void keep_clear_of(std::string_view text);
  // "EMAIL_1", without its brackets; the same for the same value.
  const std::string& name_of(PrivacyClass kind, std::string_view value);

  const std::string* value_of(std::string_view name) const;  // null: no such name
  bool begins_name(std::string_view text) const;             // a name begins so, or is that
  bool empty() const { return values_.empty(); }
  std::size_t size() const { return values_.size(); }

  static constexpr std::size_t kLongestName = 32;

 private:
  std::unordered_map<std::string, std::string> names_;   // value -> name
  std::unordered_map<std::string, std::string> values_;  // name -> value
  std::set<std::string, std::less<>> beginnings_;        // of all names
  std::set<std::pair<PrivacyClass, int>> taken_;
  std::array<int, kPrivacyClasses> last_{};
};

// `text` with "[NAME]" in place of the findings, which are in order and do not overlap. `quote`
// stands before and behind each.
std::string replace_findings(std::string_view text, const Findings& findings, PlaceholderMap& map,
                             std::string_view quote = {});

// The values again, in a text that is there as a whole. `json`: it is JSON, and what is put in is
// escaped.
std::string restore(std::string_view text, const PlaceholderMap& map, bool json = false);

}  // namespace pincer
