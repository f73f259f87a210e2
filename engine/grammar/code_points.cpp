#include "engine/grammar/code_points.h"

#include <algorithm>
#include <utility>

#include "engine/generate/utf8.h"

namespace pincer::grammar {
namespace {

constexpr CodePointRange kSurrogates{0xD800, 0xDFFF};

// Leaves out the surrogates of `range`.
void append_valid(std::vector<CodePointRange>& out, CodePointRange range) {
  range.last = std::min(range.last, kLastCodePoint);
  if (range.first > range.last) return;
  if (range.last < kSurrogates.first || range.first > kSurrogates.last) {
    out.push_back(range);
    return;
  }
  if (range.first < kSurrogates.first) out.push_back({range.first, kSurrogates.first - 1});
  if (range.last > kSurrogates.last) out.push_back({kSurrogates.last + 1, range.last});
}

// Cuts [first, last] where the bytes' ranges stop being independent of each other.
void split(char32_t first, char32_t last, std::vector<ByteSequence>& out) {
  for (const char32_t limit : {char32_t{0x7F}, char32_t{0x7FF}, char32_t{0xFFFF}}) {
    if (first <= limit && limit < last) {
      split(first, limit, out);
      split(limit + 1, last, out);
      return;
    }
  }
  for (int bits = 6; last > 0x7F && bits <= 18; bits += 6) {
    const char32_t low = (char32_t{1} << bits) - 1;
    if ((first & ~low) == (last & ~low)) continue;
    if ((first & low) != 0) {
      split(first, first | low, out);
      split((first | low) + 1, last, out);
      return;
    }
    if ((last & low) != low) {
      split(first, (last & ~low) - 1, out);
      split(last & ~low, last, out);
      return;
    }
  }
  std::string low, high;
  append_code_point(low, first);
  append_code_point(high, last);
  ByteSequence& sequence = out.emplace_back();
  for (std::size_t i = 0; i < low.size(); ++i) {
    sequence.push_back({static_cast<std::uint8_t>(low[i]), static_cast<std::uint8_t>(high[i])});
  }
}

}  // namespace

CodePointSet::CodePointSet(std::vector<CodePointRange> ranges) {
  std::vector<CodePointRange> valid;
  for (const CodePointRange& range : ranges) append_valid(valid, range);
  ranges = std::move(valid);
  std::sort(ranges.begin(), ranges.end(),
            [](const CodePointRange& a, const CodePointRange& b) { return a.first < b.first; });
  for (const CodePointRange& range : ranges) {
    if (!ranges_.empty() && range.first <= ranges_.back().last + 1) {
      ranges_.back().last = std::max(ranges_.back().last, range.last);
    } else {
      ranges_.push_back(range);
    }
  }
}

bool CodePointSet::contains(char32_t c) const {
  const auto after =
      std::upper_bound(ranges_.begin(), ranges_.end(), c,
                       [](char32_t value, const CodePointRange& r) { return value < r.first; });
  return after != ranges_.begin() && std::prev(after)->last >= c;
}

CodePointSet CodePointSet::complement() const {
  std::vector<CodePointRange> gaps;
  char32_t next = 0;
  for (const CodePointRange& range : ranges_) {
    if (range.first > next) gaps.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) gaps.push_back({next, kLastCodePoint});
  return CodePointSet(std::move(gaps));
}

CodePointSet CodePointSet::united(const CodePointSet& other) const {
  std::vector<CodePointRange> both = ranges_;
  both.insert(both.end(), other.ranges_.begin(), other.ranges_.end());
  return CodePointSet(std::move(both));
}

CodePointSet CodePointSet::intersected(const CodePointSet& other) const {
  return complement().united(other.complement()).complement();
}

CodePointSet CodePointSet::without(const CodePointSet& other) const {
  return intersected(other.complement());
}

std::vector<ByteSequence> utf8_sequences(const CodePointSet& set) {
  std::vector<ByteSequence> out;
  for (const CodePointRange& range : set.ranges()) split(range.first, range.last, out);
  return out;
}

void append_code_point(std::string& out, char32_t c) {
  const auto byte = [&](char32_t value) { out.push_back(static_cast<char>(value)); };
  if (c < 0x80) {
    byte(c);
  } else if (c < 0x800) {
    byte(0xC0 | c >> 6);
    byte(0x80 | (c & 0x3F));
  } else if (c < 0x10000) {
    byte(0xE0 | c >> 12);
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  } else {
    byte(0xF0 | c >> 18);
    byte(0x80 | (c >> 12 & 0x3F));
    byte(0x80 | (c >> 6 & 0x3F));
    byte(0x80 | (c & 0x3F));
  }
}

DecodedCodePoint decode_code_point(std::string_view text) {
  if (text.empty()) return {};
  const Utf8Prefix prefix = utf8_prefix(text);
  if (prefix.kind != Utf8Prefix::character) return {};
  const auto byte = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  if (prefix.bytes == 1) return {byte(0), 1};
  char32_t value = byte(0) & (0xFFu >> (prefix.bytes + 1));
  for (std::size_t i = 1; i < prefix.bytes; ++i) value = value << 6 | (byte(i) & 0x3F);
  return {value, prefix.bytes};
}

}  // namespace pincer::grammar
