// Many strings at once, looked for in a text: the operator's names, and the values that a request
// was found to hold.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pincer::privacy {

// Takes at most kLongest steps for a byte of the text, however many strings there are.
class StringIndex {
 public:
  static constexpr std::size_t kShortest = 2, kLongest = 128;  // bytes of a string

  // Whether a string that was found may stand there; judges what is around it.
  using Fits = bool (*)(std::string_view text, std::size_t begin, std::size_t end);

  void add(std::string_view string);  // others than of those lengths are left out
  bool empty() const { return strings_.empty(); }
  std::size_t size() const { return strings_.size(); }
  // The end of the longest string at `begin` that fits; `begin` if there is none.
  std::size_t longest_at(std::string_view text, std::size_t begin, Fits fits) const;

 private:
  using Lengths = std::bitset<kLongest + 1>;

  std::bitset<65'536> first_two_;
  std::unordered_map<std::uint16_t, Lengths> lengths_;                   // by the first two bytes
  std::unordered_map<std::uint64_t, std::vector<std::string>> strings_;  // by hash
};

}  // namespace pincer::privacy
