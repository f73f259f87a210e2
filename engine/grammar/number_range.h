// Numbers between bounds, as JSON writes them without an exponent.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/grammar/grammar.h"

namespace pincer::grammar {

// Exact, without exponent: -12.5 is {true, "12", "5"}; zero is never negative. No leading zeros but
// one before the point, no trailing zeros behind it.
struct Decimal {
  bool negative = false;
  std::string whole = "0";
  std::string fraction;

  bool is_zero() const { return whole == "0" && fraction.empty(); }
};

// A JSON number; nothing when it has more than about 40 digits.
std::optional<Decimal> read_decimal(std::string_view number);
int compare(const Decimal& a, const Decimal& b);  // below, at or above 0

struct Bound {
  Decimal value;
  bool exclusive = false;
};

struct Bounds {
  std::optional<Bound> low, high;
  // The tighter one counts.
  void raise(const Bound& bound);
  void lower(const Bound& bound);
  bool contains(const Decimal& value) const;
  bool disjoint(const Bounds& other) const;
};

// Of at most kMostDigits digits before and behind the point.
ExprId number_between(Grammar& grammar, const Bounds& bounds, bool integer);

}  // namespace pincer::grammar
