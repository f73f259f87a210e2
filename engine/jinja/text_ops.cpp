// Operators on text.
#include "engine/jinja/ops.h"

namespace pincer::jinja {
namespace {

std::string_view entity(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&#34;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

}  // namespace

Text repeat(Budget& budget, const Text& text, std::int64_t times) {
  Text out;
  if (times <= 0 || text.empty()) return out;
  const auto count = static_cast<std::size_t>(times);
  // The first check keeps the product from overflowing.
  budget.check_size(count);
  budget.check_size(count * text.size());
  budget.spend_copy(count * text.size());
  budget.spend(times / 8);
  for (std::size_t i = 0; i < count; ++i) out.append(text);
  out.set_markup(text.is_markup());
  return out;
}

Val concat(Budget& budget, const TextRef& a, const TextRef& b) {
  budget.check_size(a->size() + b->size());
  budget.spend_copy(a->size() + b->size());
  const bool markup = a->is_markup() || b->is_markup();
  Text out = markup && !a->is_markup() ? escape_html(budget, *a) : *a;
  out.append(markup && !b->is_markup() ? escape_html(budget, *b) : *b);
  out.set_markup(markup);
  return make_text(std::move(out));
}

Text escape_html(Budget& budget, const Text& text) {
  budget.spend_scan(text.size());
  Text out;
  const std::string_view bytes = text.bytes();
  std::size_t copied = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::string_view replacement = entity(bytes[i]);
    if (replacement.empty()) continue;
    out.append(text, copied, i);
    out.append(replacement, text.trusted_at(i));
    budget.check_size(out.size());
    copied = i + 1;
  }
  out.append(text, copied, bytes.size());
  out.set_markup(true);
  return out;
}

}  // namespace pincer::jinja
