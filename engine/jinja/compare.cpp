// Equality, order and membership.
#include <algorithm>
#include <optional>

#include "engine/jinja/ops.h"
#include "engine/jinja/search.h"

namespace pincer::jinja {
namespace {

using ast::CompareOp;

bool is_number(const Val& value) {
  return value.is<bool>() || value.is<std::int64_t>() || value.is<double>();
}

bool numbers_equal(const Val& a, const Val& b) {
  const auto x = as_integer(a);
  const auto y = as_integer(b);
  if (x && y) return *x == *y;
  return *as_float(a) == *as_float(b);
}

bool numbers_less(const Val& a, const Val& b) {
  const auto x = as_integer(a);
  const auto y = as_integer(b);
  if (x && y) return *x < *y;
  return *as_float(a) < *as_float(b);
}

bool is_tuple(const Seq& seq) { return seq.kind == SeqKind::tuple || seq.kind == SeqKind::group; }

bool seqs_equal(Budget& budget, const Seq& a, const Seq& b) {
  const bool comparable =
      (is_tuple(a) && is_tuple(b)) ||
      (a.kind == b.kind && (a.kind == SeqKind::list || a.kind == SeqKind::range));
  if (!comparable) return &a == &b;
  if (a.items.size() != b.items.size()) return false;
  for (std::size_t i = 0; i < a.items.size(); ++i) {
    if (!equal(budget, a.items[i], b.items[i])) return false;
  }
  return true;
}

bool dicts_equal(Budget& budget, const Dict& a, const Dict& b) {
  if (a.size() != b.size()) return false;
  for (const auto& [key, value] : a.entries()) {
    const Val* other = b.find(budget, key);
    if (other == nullptr || !equal(budget, value, *other)) return false;
  }
  return true;
}

struct SameObject {
  const Val& other;

  template <class T>
  bool operator()(const std::shared_ptr<T>& object) const {
    return *other.get<std::shared_ptr<T>>() == object;
  }
  template <class T>
  bool operator()(T* object) const {
    return *other.get<T*>() == object;
  }
  template <class T>
  bool operator()(const T&) const {
    return true;  // undefined and none
  }
};

bool seqs_less(Budget& budget, const Seq& a, const Seq& b) {
  const std::size_t common = std::min(a.items.size(), b.items.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (!equal(budget, a.items[i], b.items[i])) return less(budget, a.items[i], b.items[i]);
  }
  return a.items.size() < b.items.size();
}

[[noreturn]] void fail_order(const Val& a, const Val& b) {
  fail("'<' is not supported between '" + std::string(type_name(a)) + "' and '" +
       std::string(type_name(b)) + "'");
}

bool text_contains(Budget& budget, const Text& text, const Val& item) {
  if (item.is<Undefined>()) fail_undefined(item);
  const Text* needle = item.text();
  if (needle == nullptr) {
    fail("'in <string>' requires a string as left operand, not '" + std::string(type_name(item)) +
         "'");
  }
  return find_bytes(budget, text.bytes(), needle->bytes(), 0) != std::string_view::npos;
}

}  // namespace

bool equal(Budget& budget, const Val& a, const Val& b) {
  budget.spend(1);
  if (is_number(a) && is_number(b)) return numbers_equal(a, b);
  if (a.data().index() != b.data().index()) return false;
  if (const Text* text = a.text()) {
    if (text->size() != b.text()->size()) return false;
    budget.spend_copy(text->size());
    return text->bytes() == b.text()->bytes();
  }
  if (const Seq* seq = a.seq()) return seqs_equal(budget, *seq, *b.seq());
  if (const Dict* dict = a.dict()) return dicts_equal(budget, *dict, *b.dict());
  return std::visit(SameObject{b}, a.data());
}

bool less(Budget& budget, const Val& a, const Val& b) {
  budget.spend(1);
  require_defined(a, b);
  if (is_number(a) && is_number(b)) return numbers_less(a, b);
  if (a.text() != nullptr && b.text() != nullptr) {
    budget.spend_copy(std::min(a.text()->size(), b.text()->size()));
    return a.text()->bytes() < b.text()->bytes();
  }
  const Seq* x = a.seq();
  const Seq* y = b.seq();
  if (x == nullptr || y == nullptr) fail_order(a, b);
  const bool lists = x->kind == SeqKind::list && y->kind == SeqKind::list;
  if (!lists && !(is_tuple(*x) && is_tuple(*y))) fail_order(a, b);
  return seqs_less(budget, *x, *y);
}

bool contains(Budget& budget, const Val& container, const Val& item) {
  if (const Text* text = container.text()) return text_contains(budget, *text, item);
  if (const Dict* dict = container.dict()) return dict->find(budget, item) != nullptr;
  const bool iterable = container.seq() != nullptr || container.is<Undefined>();
  if (!iterable) {
    fail("'" + std::string(type_name(container)) + "' has no members to look for");
  }
  const SeqRef items = iterate(budget, container);
  return std::any_of(items->items.begin(), items->items.end(),
                     [&](const Val& other) { return equal(budget, other, item); });
}

bool compare(Budget& budget, CompareOp op, const Val& a, const Val& b) {
  switch (op) {
    case CompareOp::eq:
      return equal(budget, a, b);
    case CompareOp::ne:
      return !equal(budget, a, b);
    case CompareOp::lt:
      return less(budget, a, b);
    case CompareOp::gt:
      return less(budget, b, a);
    case CompareOp::le:
      return less(budget, a, b) || equal(budget, a, b);
    case CompareOp::ge:
      return less(budget, b, a) || equal(budget, a, b);
    case CompareOp::in:
      return contains(budget, b, a);
    case CompareOp::not_in:
      return !contains(budget, b, a);
  }
  return false;
}

}  // namespace pincer::jinja
