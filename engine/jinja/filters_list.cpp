// Filters of lists.
#include <algorithm>

#include "engine/jinja/args.h"
#include "engine/jinja/filters.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

bool given(const Arguments& a, std::size_t i) {
  return a.find(i) != nullptr && !a.at(i).is<None>();
}

bool is_generator(const Val& value) {
  return value.seq() != nullptr && value.seq()->kind == SeqKind::generator;
}

// A count that a list will have; refused before anything of that size is made.
std::size_t count_argument(Renderer& r, const Arguments& a, std::string_view name) {
  const std::int64_t count = a.integer(0, 0);
  if (count <= 0) fail("'" + std::string(name) + "' takes a positive count");
  r.budget().check_size(static_cast<std::size_t>(count));
  return static_cast<std::size_t>(count);
}

}  // namespace

Val filter_length(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("length", args, {});
  return length(r.budget(), input);
}

Val filter_list(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("list", args, {});
  return make_list(r.budget(), iterate(r.budget(), input)->items);
}

Val filter_first(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("first", args, {});
  const Val none = undefined("there is no first item: the list is empty");
  if (const Text* text = input.text()) return text->empty() ? none : get_char(r.budget(), *text, 0);
  if (is_generator(input)) {  // takes one and leaves the others
    const Seq& seq = *input.seq();
    return seq.taken < seq.items.size() ? seq.items[seq.taken++] : none;
  }
  const SeqRef items = iterate(r.budget(), input);
  return items->items.empty() ? none : items->items.front();
}

Val filter_last(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("last", args, {});
  const Val none = undefined("there is no last item: the list is empty");
  if (const Text* text = input.text())
    return text->empty() ? none : get_char(r.budget(), *text, -1);
  if (is_generator(input)) fail("'last' takes a list; use 'list' before it");
  const SeqRef items = iterate(r.budget(), input);
  return items->items.empty() ? none : items->items.back();
}

Val filter_reverse(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("reverse", args, {});
  if (input.text() != nullptr) {
    return get_slice(r.budget(), input, None{}, None{}, std::int64_t{-1});
  }
  std::vector<Val> items = iterate(r.budget(), input)->items;
  std::reverse(items.begin(), items.end());
  return make_seq(r.budget(), is_generator(input) ? SeqKind::list : SeqKind::generator,
                  std::move(items));
}

Val filter_join(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("join", args, {"d", "attribute"});
  const TextRef separator =
      a.find(0) != nullptr ? to_text(r.budget(), a.at(0)) : std::make_shared<const Text>();
  const AttributePath path(r, given(a, 1) ? a.find(1) : nullptr);
  Text out;
  bool first = true;
  for (const Val& item : each(r.budget(), input)) {
    const TextRef part = to_text(r.budget(), path.get(item));
    r.budget().spend_copy(part->size() + separator->size());
    if (!first) out.append(*separator);
    first = false;
    out.append(*part);
    r.budget().check_size(out.size());
  }
  return make_text(std::move(out));
}

Val filter_items(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("items", args, {});
  if (input.is<Undefined>()) return make_seq(r.budget(), SeqKind::generator, {});
  if (input.dict() == nullptr)
    fail("'items' takes a dict, not '" + std::string(type_name(input)) + "'");
  return make_items_view(r.budget(), *input.dict(), SeqKind::generator);
}

Val filter_batch(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("batch", args, {"linecount", "fill_with"}, 1);
  const std::size_t count = count_argument(r, a, "batch");
  std::vector<Val> batches;
  std::vector<Val> batch;
  for (const Val& item : each(r.budget(), input)) {
    if (batch.size() == count) batches.push_back(make_list(r.budget(), std::exchange(batch, {})));
    batch.push_back(item);
  }
  if (!batch.empty()) {
    if (given(a, 1) && batch.size() < count) {
      r.budget().spend_items(count);
      batch.resize(count, a.at(1));
    }
    batches.push_back(make_list(r.budget(), std::move(batch)));
  }
  return make_seq(r.budget(), SeqKind::generator, std::move(batches));
}

Val filter_slice(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("slice", args, {"slices", "fill_with"}, 1);
  const std::size_t count = count_argument(r, a, "slice");
  const SeqRef all = iterate(r.budget(), input);
  const std::size_t size = all->items.size() / count;
  const std::size_t longer = all->items.size() % count;  // so many slices have one more
  std::vector<Val> slices;
  auto next = all->items.begin();
  for (std::size_t i = 0; i < count; ++i) {
    const auto end = next + static_cast<std::ptrdiff_t>(size + (i < longer ? 1 : 0));
    std::vector<Val> slice(next, end);
    if (given(a, 1) && i >= longer) slice.push_back(a.at(1));
    next = end;
    slices.push_back(make_list(r.budget(), std::move(slice)));
  }
  return make_seq(r.budget(), SeqKind::generator, std::move(slices));
}

Val filter_default(Renderer&, const Val& input, FilterArgs args) {
  const Arguments a("default", args, {"default_value", "boolean"});
  const bool replaced = input.is<Undefined>() || (a.flag(1) && !truthy(input));
  if (!replaced) return input;
  return a.find(0) != nullptr ? a.at(0) : make_text("");
}

Val filter_attr(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("attr", args, {"name"}, 1);
  const TextRef name = to_text(r.budget(), a.at(0));
  // Unlike a dot, it does not fall back to the items of a dict.
  if (input.dict() != nullptr && input.dict()->find(name->bytes()) != nullptr) {
    const Val method = r.get_attribute(DictRef(std::make_shared<const Dict>()), name->bytes());
    return method;
  }
  return r.get_attribute(input, name->bytes());
}

AttributePath::AttributePath(Renderer& r, const Val* attribute, const Val* fallback)
    : renderer_(r), fallback_(fallback != nullptr && fallback->is<None>() ? nullptr : fallback) {
  if (attribute == nullptr) return;
  const Text* path = attribute->text();
  if (path == nullptr) {
    parts_.push_back(*attribute);
    return;
  }
  r.budget().spend_scan(path->size());
  std::string_view rest = path->bytes();
  while (true) {
    r.budget().spend(2);
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view part = rest.substr(0, dot);
    const bool digits = !part.empty() && part.size() < 18 &&
                        part.find_first_not_of("0123456789") == std::string_view::npos;
    parts_.push_back(digits ? Val(static_cast<std::int64_t>(std::stoll(std::string(part))))
                            : make_text(part));
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
}

Val AttributePath::get(const Val& item) const {
  Val value = item;
  for (const Val& part : parts_) {
    renderer_.budget().spend(1);
    value = renderer_.get_item(value, part);
    if (fallback_ != nullptr && value.is<Undefined>()) value = *fallback_;
  }
  return value;
}

}  // namespace pincer::jinja
