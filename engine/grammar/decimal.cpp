#include <cstdlib>

#include "engine/grammar/number_range.h"

namespace pincer::grammar {
namespace {

constexpr long kMostShift = 120;

void normalise(Decimal& d) {
  d.whole.erase(0, std::min(d.whole.find_first_not_of('0'), d.whole.size()));
  if (d.whole.empty()) d.whole = "0";
  while (d.fraction.ends_with('0')) d.fraction.pop_back();
  if (d.is_zero()) d.negative = false;
}

int compare_magnitude(const Decimal& a, const Decimal& b) {
  if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
  if (a.whole != b.whole) return a.whole < b.whole ? -1 : 1;
  return a.fraction.compare(b.fraction);  // as text: there are no trailing zeros
}

// The bound on the other side excludes all of this one.
bool above(const Bound& low, const Bound& high) {
  const int order = compare(low.value, high.value);
  return order > 0 || (order == 0 && (low.exclusive || high.exclusive));
}

}  // namespace

std::optional<Decimal> read_decimal(std::string_view number) {
  Decimal out;
  out.negative = number.starts_with('-');
  if (out.negative) number.remove_prefix(1);
  long shift = 0;  // of the point, to the right
  const std::size_t e = number.find_first_of("eE");
  if (e != std::string_view::npos) {
    shift = std::strtol(std::string(number.substr(e + 1)).c_str(), nullptr, 10);
    number = number.substr(0, e);
  }
  const std::size_t point = number.find('.');
  out.whole = number.substr(0, point);
  if (point != std::string_view::npos) out.fraction = number.substr(point + 1);
  if (std::labs(shift) > kMostShift || out.whole.size() > kMostShift ||
      out.fraction.size() > kMostShift) {
    return std::nullopt;
  }
  for (; shift > 0; --shift) {
    out.whole.push_back(out.fraction.empty() ? '0' : out.fraction.front());
    if (!out.fraction.empty()) out.fraction.erase(0, 1);
  }
  for (; shift < 0; ++shift) {
    out.fraction.insert(out.fraction.begin(), out.whole.empty() ? '0' : out.whole.back());
    if (!out.whole.empty()) out.whole.pop_back();
  }
  normalise(out);
  return out;
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.negative != b.negative) return a.negative ? -1 : 1;
  return a.negative ? compare_magnitude(b, a) : compare_magnitude(a, b);
}

void Bounds::raise(const Bound& bound) {
  const int order = low ? compare(bound.value, low->value) : 1;
  if (order > 0) low = bound;
  if (order == 0) low->exclusive = low->exclusive || bound.exclusive;
}

void Bounds::lower(const Bound& bound) {
  const int order = high ? compare(bound.value, high->value) : -1;
  if (order < 0) high = bound;
  if (order == 0) high->exclusive = high->exclusive || bound.exclusive;
}

bool Bounds::contains(const Decimal& value) const {
  const Bound point{value, false};
  return !(low && above(*low, point)) && !(high && above(point, *high));
}

bool Bounds::disjoint(const Bounds& other) const {
  return (low && other.high && above(*low, *other.high)) ||
         (high && other.low && above(*other.low, *high));
}

}  // namespace pincer::grammar
