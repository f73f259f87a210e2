// Sets of Unicode code points, and how they look in UTF-8.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pincer::grammar {

inline constexpr char32_t kLastCodePoint = 0x10FFFF;

struct CodePointRange {
  char32_t first = 0, last = 0;  // both included
  bool operator==(const CodePointRange&) const = default;
};

// Sorted, disjoint ranges without gaps of zero between them. Surrogates are never in it: UTF-8
// cannot hold them.
class CodePointSet {
 public:
  CodePointSet() = default;
  explicit CodePointSet(std::vector<CodePointRange> ranges);  // in any order; may overlap
  static CodePointSet one(char32_t c) { return CodePointSet({{c, c}}); }
  static CodePointSet all() { return CodePointSet({{0, kLastCodePoint}}); }

  const std::vector<CodePointRange>& ranges() const { return ranges_; }
  bool empty() const { return ranges_.empty(); }
  bool contains(char32_t c) const;
  CodePointSet complement() const;
  CodePointSet united(const CodePointSet& other) const;
  CodePointSet without(const CodePointSet& other) const;
  CodePointSet intersected(const CodePointSet& other) const;

 private:
  std::vector<CodePointRange> ranges_;
};

struct ByteRange {
  std::uint8_t first = 0, last = 0;
  auto operator<=>(const ByteRange&) const = default;
};

// One to four ranges of bytes, one after the other.
using ByteSequence = std::vector<ByteRange>;
std::vector<ByteSequence> utf8_sequences(const CodePointSet& set);

void append_code_point(std::string& out, char32_t c);
// The code point that `text` begins with, and its length in bytes: 0 where it is not UTF-8.
struct DecodedCodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;
};
DecodedCodePoint decode_code_point(std::string_view text);

}  // namespace pincer::grammar
