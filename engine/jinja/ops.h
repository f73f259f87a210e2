// Python's operators on values. All fail as Python would raise, and spend the budget for their
// work.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/jinja/ast.h"
#include "engine/jinja/budget.h"
#include "engine/jinja/val.h"

namespace pincer::jinja {

// str(value). The result shares `value`'s text if it is one.
TextRef to_text(Budget& budget, const Val& value);
// repr(value): strings in quotes, with their marks.
Text repr(Budget& budget, const Val& value);

bool equal(Budget& budget, const Val& a, const Val& b);
bool less(Budget& budget, const Val& a, const Val& b);  // fails where Python cannot order
bool contains(Budget& budget, const Val& container, const Val& item);
bool compare(Budget& budget, ast::CompareOp op, const Val& a, const Val& b);

// + - * / // % **
Val arithmetic(Budget& budget, ast::BinaryOp op, const Val& a, const Val& b);
Val negate(const Val& value);
Val posate(const Val& value);
// Integers only; fail on overflow.
std::int64_t checked_add(std::int64_t a, std::int64_t b);
std::int64_t checked_mul(std::int64_t a, std::int64_t b);

// text * times, the size checked before anything is copied.
Text repeat(Budget& budget, const Text& text, std::int64_t times);
// a + b for text: markup escapes what is not.
Val concat(Budget& budget, const TextRef& a, const TextRef& b);
// &, <, >, " and ' as HTML entities; marks are kept.
Text escape_html(Budget& budget, const Text& text);

Val make_seq(Budget& budget, SeqKind kind, std::vector<Val> items);
inline Val make_list(Budget& budget, std::vector<Val> items) {
  return make_seq(budget, SeqKind::list, std::move(items));
}

// The (key, value) pairs of a dict.
Val make_items_view(Budget& budget, const Dict& dict, SeqKind kind);

// The items that a for loop over `value` visits. A generator gives what is left of it, once.
SeqRef iterate(Budget& budget, const Val& value);
// The same for a range-based for: it keeps the items alive.
class Each {
 public:
  explicit Each(SeqRef seq) : seq_(std::move(seq)) {}
  auto begin() const { return seq_->items.begin(); }
  auto end() const { return seq_->items.end(); }

 private:
  SeqRef seq_;
};
inline Each each(Budget& budget, const Val& value) { return Each(iterate(budget, value)); }
// The characters of a text.
std::vector<Val> characters(Budget& budget, const Text& text);
std::int64_t length(Budget& budget, const Val& value);

Val get_index(Budget& budget, const Seq& seq, std::int64_t index);  // undefined when out of range
Val get_char(Budget& budget, const Text& text, std::int64_t index);
Val get_slice(Budget& budget, const Val& object, const Val& start, const Val& stop,
              const Val& step);

// A number, or nothing. Booleans count as integers, as in Python.
std::optional<std::int64_t> as_integer(const Val& value);
std::optional<double> as_float(const Val& value);
// The message of a use of an undefined value.
[[noreturn]] void fail_undefined(const Val& value);
// Fails if any of the two is undefined.
void require_defined(const Val& a, const Val& b);

}  // namespace pincer::jinja
