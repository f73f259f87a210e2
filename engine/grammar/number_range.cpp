#include "engine/grammar/number_range.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/grammar/json_rules.h"

namespace pincer::grammar {
namespace {

// The rest of a bound, digit by digit; none: what came before decided already.
struct Edge {
  std::string_view digits;
  bool exclusive = false;

  char first() const { return digits.empty() ? '0' : digits.front(); }
  Edge rest() const { return {digits.empty() ? digits : digits.substr(1), exclusive}; }
  bool only_zeros() const { return digits.find_first_not_of('0') == std::string_view::npos; }
};
using MaybeEdge = std::optional<Edge>;

// Texts of digits: whether the empty one belongs to them, and the others (-1: none).
struct Tail {
  bool empty = false;
  ExprId rest = -1;
};

class Ranges {
 public:
  Ranges(Grammar& grammar, bool integer) : grammar_(grammar), integer_(integer) {}

  // From `low` to `high`, neither below zero; none: as far as the digits go.
  ExprId magnitude(const Bound& low, const std::optional<Bound>& high) {
    const std::string most(kMostDigits, '9');
    const std::string first = low.value.whole, last = high ? high->value.whole : most;
    if (first.size() > kMostDigits || compare_whole(first, last) > 0) return grammar_.nothing();
    const Edge low_edge{low.value.fraction, low.exclusive};
    MaybeEdge high_edge;
    if (high) high_edge = Edge{high->value.fraction, high->exclusive};
    std::vector<ExprId> forms;
    if (first == last) {
      forms.push_back(with_fraction(grammar_.literal(first), low_edge, high_edge));
      return grammar_.choice(forms);
    }
    forms.push_back(with_fraction(grammar_.literal(first), low_edge, {}));
    const std::string capped = last.size() > kMostDigits ? most : last;
    if (high && capped == last) {
      forms.push_back(with_fraction(grammar_.literal(last), {}, high_edge));
      add_between(next(first), previous(last), forms);
    } else {
      add_between(next(first), capped, forms);
    }
    return grammar_.choice(forms);
  }

 private:
  static int compare_whole(const std::string& a, const std::string& b) {
    if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
    return a.compare(b);
  }

  static std::string next(std::string digits) {
    std::size_t i = digits.size();
    while (i > 0 && digits[i - 1] == '9') digits[--i] = '0';
    if (i == 0) return "1" + digits;
    ++digits[i - 1];
    return digits;
  }

  static std::string previous(std::string digits) {  // not of zero
    std::size_t i = digits.size();
    while (digits[i - 1] == '0') digits[--i] = '9';
    --digits[i - 1];
    if (digits.size() > 1 && digits.front() == '0') digits.erase(0, 1);
    return digits;
  }

  // Whole parts from `low` to `high`, with any fraction.
  void add_between(const std::string& low, const std::string& high, std::vector<ExprId>& forms) {
    if (compare_whole(low, high) > 0) return;
    for (std::size_t size = low.size(); size <= high.size(); ++size) {
      const std::string begin = size == low.size() ? low : "1" + std::string(size - 1, '0');
      const std::string end = size == high.size() ? high : std::string(size, '9');
      const Tail whole = digits(Edge{begin, false}, Edge{end, false}, static_cast<int>(size),
                                /*exactly=*/true);
      if (whole.rest >= 0) forms.push_back(with_fraction(whole.rest, {}, {}));
    }
  }

  ExprId with_fraction(ExprId whole, const MaybeEdge& low, const MaybeEdge& high) {
    const Tail tail = digits(low, high, kMostDigits, /*exactly=*/false);
    std::vector<ExprId> forms;
    if (tail.empty) forms.push_back(grammar_.empty());
    if (tail.rest >= 0 && !integer_) {
      forms.push_back(grammar_.sequence({grammar_.literal("."), tail.rest}));
    }
    return grammar_.sequence({whole, grammar_.choice(forms)});
  }

  // Up to, or exactly, `most` digits that are not below `low` nor above `high`, where what is
  // missing counts as zeros.
  Tail digits(const MaybeEdge& low, const MaybeEdge& high, int most, bool exactly) {
    Tail out;
    const bool enough = !low || (low->only_zeros() && !low->exclusive);
    const bool too_much = high && high->only_zeros() && high->exclusive;
    out.empty = (!exactly || most == 0) && enough && !too_much;
    if (most == 0) return out;
    if (!low && !high) {
      out.rest = grammar_.repeat(digit('0', '9'), exactly ? most : 1, most);
      return out;
    }
    std::vector<ExprId> forms;
    const char first = low ? low->first() : '0', last = high ? high->first() : '9';
    for (char c = first; c <= last; ++c) {
      const bool at_low = low && c == first, at_high = high && c == last;
      char to = c;
      if (!at_low && !at_high) to = static_cast<char>(high ? last - 1 : last);  // alike
      const Tail tail = digits(at_low ? low->rest() : MaybeEdge(),
                               at_high ? high->rest() : MaybeEdge(), most - 1, exactly);
      if (tail.rest >= 0) {
        const ExprId rest = tail.empty ? grammar_.optional(tail.rest) : tail.rest;
        forms.push_back(grammar_.sequence({digit(c, to), rest}));
      } else if (tail.empty) {
        forms.push_back(digit(c, to));
      }
      c = to;
    }
    if (!forms.empty()) out.rest = grammar_.choice(forms);
    return out;
  }

  ExprId digit(char first, char last) {
    return grammar_.chars(
        CodePointSet({{static_cast<char32_t>(first), static_cast<char32_t>(last)}}));
  }

  Grammar& grammar_;
  bool integer_;
};

Bound opposite(Bound bound) {
  bound.value.negative = !bound.value.negative && !bound.value.is_zero();
  return bound;
}

}  // namespace

ExprId number_between(Grammar& grammar, const Bounds& bounds, bool integer) {
  Ranges ranges(grammar, integer);
  std::vector<ExprId> forms;
  const Bound zero;
  const bool low_is_negative = !bounds.low || bounds.low->value.negative;
  if (!bounds.high || !bounds.high->value.negative) {
    forms.push_back(ranges.magnitude(low_is_negative ? zero : *bounds.low, bounds.high));
  }
  if (low_is_negative) {
    // Minus zero is not written. From -high to -low.
    const bool to_zero = !bounds.high || !bounds.high->value.negative;
    const Bound from = to_zero ? Bound{Decimal{}, true} : opposite(*bounds.high);
    std::optional<Bound> to;
    if (bounds.low) to = opposite(*bounds.low);
    forms.push_back(grammar.sequence({grammar.literal("-"), ranges.magnitude(from, to)}));
  }
  return grammar.choice(forms);
}

}  // namespace pincer::grammar
