// Lists, texts as sequences, indices and slices.
#include <algorithm>
#include <limits>
#include <utility>

#include "engine/jinja/objects.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/unicode.h"

namespace pincer::jinja {
namespace {

SeqRef seq_ref(SeqKind kind, std::vector<Val> items) {
  auto seq = std::make_shared<Seq>();
  seq->kind = kind;
  for (const Val& item : items) seq->depth = std::max(seq->depth, 1 + depth_of(item));
  seq->items = std::move(items);
  return seq;
}

SeqRef take_generator(Budget& budget, const SeqRef& generator) {
  const std::size_t taken = std::exchange(generator->taken, generator->items.size());
  if (taken == 0) return generator;
  budget.spend_items(generator->items.size() - taken);
  return seq_ref(SeqKind::list, {generator->items.begin() + static_cast<std::ptrdiff_t>(taken),
                                 generator->items.end()});
}

// start, stop and step of a slice of `length` items, clamped; the count of items it takes.
struct SliceBounds {
  std::int64_t start = 0;
  std::int64_t step = 1;
  std::int64_t count = 0;
};

std::int64_t slice_part(const Val& part, std::int64_t fallback) {
  if (part.is<None>()) return fallback;
  const std::optional<std::int64_t> number = as_integer(part);
  if (!number) fail("slice indices must be integers or none");
  return *number;
}

SliceBounds slice_bounds(std::int64_t length, const Val& start, const Val& stop, const Val& step) {
  SliceBounds bounds;
  bounds.step = slice_part(step, 1);
  if (bounds.step == 0) fail("slice step cannot be zero");
  // -2^63 cannot be negated; no list is long enough to tell it from its neighbour.
  bounds.step = std::max(bounds.step, -std::numeric_limits<std::int64_t>::max());
  const bool back = bounds.step < 0;
  const std::int64_t lowest = back ? -1 : 0;
  const std::int64_t highest = back ? length - 1 : length;
  const auto clamp = [&](std::int64_t at) {
    return std::clamp(at < 0 ? at + length : at, lowest, highest);
  };
  bounds.start = start.is<None>() ? (back ? highest : lowest) : clamp(slice_part(start, 0));
  const std::int64_t end = stop.is<None>() ? (back ? lowest : highest) : clamp(slice_part(stop, 0));
  const std::int64_t distance = back ? bounds.start - end : end - bounds.start;
  const std::int64_t stride = back ? -bounds.step : bounds.step;
  bounds.count = distance <= 0 ? 0 : (distance - 1) / stride + 1;
  return bounds;
}

std::vector<std::size_t> char_offsets(Budget& budget, std::string_view text) {
  budget.spend_scan(text.size());
  std::vector<std::size_t> offsets;
  for (std::size_t pos = 0; pos < text.size(); pos += char_at(text, pos).length) {
    offsets.push_back(pos);
  }
  offsets.push_back(text.size());
  return offsets;
}

Val slice_text(Budget& budget, const Text& text, const Val& start, const Val& stop,
               const Val& step) {
  const std::vector<std::size_t> offsets = char_offsets(budget, text.bytes());
  const auto length = static_cast<std::int64_t>(offsets.size() - 1);
  const SliceBounds bounds = slice_bounds(length, start, stop, step);
  budget.spend_copy(text.size());
  if (bounds.count == 0) return make_text(Text());
  const auto first = static_cast<std::size_t>(bounds.start);
  if (bounds.step == 1) {
    return make_text(
        text.slice(offsets[first], offsets[first + static_cast<std::size_t>(bounds.count)]));
  }
  Text out;
  for (std::int64_t i = 0; i < bounds.count; ++i) {
    const auto at = static_cast<std::size_t>(bounds.start + i * bounds.step);
    out.append(text, offsets[at], offsets[at + 1]);
  }
  return make_text(std::move(out));
}

}  // namespace

Val make_seq(Budget& budget, SeqKind kind, std::vector<Val> items) {
  budget.spend_items(items.size());
  SeqRef seq = seq_ref(kind, std::move(items));
  budget.check_depth(seq->depth);
  return seq;
}

std::vector<Val> characters(Budget& budget, const Text& text) {
  std::vector<Val> items;
  for (std::size_t pos = 0; pos < text.size();) {
    budget.spend(2);  // a text of its own takes some 100 bytes
    const std::size_t end = pos + char_at(text.bytes(), pos).length;
    items.push_back(make_text(text.slice(pos, end)));
    pos = end;
  }
  return items;
}

SeqRef iterate(Budget& budget, const Val& value) {
  if (const SeqRef* seq = value.get<SeqRef>()) {
    return (*seq)->kind == SeqKind::generator ? take_generator(budget, *seq) : *seq;
  }
  if (value.is<Undefined>()) return seq_ref(SeqKind::list, {});
  if (const Text* text = value.text()) return seq_ref(SeqKind::list, characters(budget, *text));
  if (const Dict* dict = value.dict()) {
    budget.spend_items(dict->size());
    std::vector<Val> keys;
    for (const auto& [key, item] : dict->entries()) keys.push_back(key);
    return seq_ref(SeqKind::list, std::move(keys));
  }
  fail("'" + std::string(type_name(value)) + "' is not iterable");
}

std::int64_t length(Budget& budget, const Val& value) {
  if (value.is<Undefined>()) return 0;
  if (const Dict* dict = value.dict()) return static_cast<std::int64_t>(dict->size());
  if (const Text* text = value.text()) {
    budget.spend_scan(text->size());
    return static_cast<std::int64_t>(count_chars(text->bytes()));
  }
  const Seq* seq = value.seq();
  if (seq == nullptr || seq->kind == SeqKind::generator) {
    fail("'" + std::string(type_name(value)) + "' has no length");
  }
  return static_cast<std::int64_t>(seq->items.size());
}

Val get_index(Budget& budget, const Seq& seq, std::int64_t index) {
  budget.spend(1);
  const auto size = static_cast<std::int64_t>(seq.items.size());
  const std::int64_t place = index < 0 ? index + size : index;
  if (place < 0 || place >= size) {
    return undefined("the list has no element " + std::to_string(index));
  }
  return seq.items[static_cast<std::size_t>(place)];
}

Val get_char(Budget& budget, const Text& text, std::int64_t index) {
  std::size_t pos = index < 0 ? text.size() : 0;
  // From the nearer end, so that text[0] does not look at all of a long text.
  for (std::int64_t i = index; i > 0 && pos < text.size(); --i) {
    pos += char_at(text.bytes(), pos).length;
  }
  std::int64_t left = index;
  for (; left < 0 && pos > 0; ++left) pos = previous_char(text.bytes(), pos);
  budget.spend_scan(index < 0 ? text.size() - pos : pos);
  if (left < 0 || pos >= text.size()) {
    return undefined("'str' has no element " + std::to_string(index));
  }
  return make_text(text.slice(pos, pos + char_at(text.bytes(), pos).length));
}

Val get_slice(Budget& budget, const Val& object, const Val& start, const Val& stop,
              const Val& step) {
  if (const Text* text = object.text()) return slice_text(budget, *text, start, stop, step);
  const Seq* seq = object.seq();
  const bool sliceable =
      seq != nullptr && (seq->kind == SeqKind::list || seq->kind == SeqKind::tuple ||
                         seq->kind == SeqKind::group || seq->kind == SeqKind::range);
  if (!sliceable) {
    if (object.is<Undefined>()) fail_undefined(object);
    fail("'" + std::string(type_name(object)) + "' cannot be sliced");
  }
  const SliceBounds bounds =
      slice_bounds(static_cast<std::int64_t>(seq->items.size()), start, stop, step);
  budget.spend_items(static_cast<std::size_t>(bounds.count));
  std::vector<Val> items;
  items.reserve(static_cast<std::size_t>(bounds.count));
  for (std::int64_t i = 0; i < bounds.count; ++i) {
    items.push_back(seq->items[static_cast<std::size_t>(bounds.start + i * bounds.step)]);
  }
  const bool tuple = seq->kind == SeqKind::tuple || seq->kind == SeqKind::group;
  return make_seq(budget, tuple ? SeqKind::tuple : SeqKind::list, std::move(items));
}

}  // namespace pincer::jinja
