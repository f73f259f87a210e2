// Numbers as people write them: groups of digits with separators between.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace pincer::privacy {

struct DigitGroup {
  std::size_t begin = 0, end = 0;
  std::string_view gap;  // what stands between it and the group before; empty for the first
  std::size_t size() const { return end - begin; }
};
using DigitGroups = std::vector<DigitGroup>;

// The groups from `begin`, which is a digit, on: at most `most`, with up to three characters of
// `separators` (or a no-break space, a Unicode hyphen) between two.
DigitGroups read_digit_groups(std::string_view text, std::size_t begin, std::string_view separators,
                              std::size_t most);
// Without what separates them.
std::string digits_of(std::string_view text, const DigitGroups& groups, std::size_t first,
                      std::size_t last);

bool luhn(std::string_view digits);

}  // namespace pincer::privacy
