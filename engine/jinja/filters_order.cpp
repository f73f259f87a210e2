// Filters that compare items. Without case_sensitive, strings compare by their lower case.
#include <set>

#include "engine/jinja/args.h"
#include "engine/jinja/filters.h"
#include "engine/jinja/merge_sort.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"
#include "engine/jinja/text_case.h"
#include "engine/jinja/text_parts.h"

namespace pincer::jinja {
namespace {

const Val* given_value(const Arguments& a, std::size_t i) {
  return a.find(i) != nullptr && !a.at(i).is<None>() ? a.find(i) : nullptr;
}

Val key_of(Budget& budget, const Val& value, bool case_sensitive) {
  if (case_sensitive || value.text() == nullptr) return value;
  return make_text(lower(budget, *value.text()));
}

struct Keyed {
  std::vector<Val> key;
  Val item;
};

// Python compares lists by their first difference; a single key is no list.
bool keys_less(Budget& budget, const std::vector<Val>& a, const std::vector<Val>& b, bool listed) {
  if (!listed) return less(budget, a[0], b[0]);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (!equal(budget, a[i], b[i])) return less(budget, a[i], b[i]);
  }
  return false;
}

std::vector<Val> sorted(Budget& budget, std::vector<Keyed> keyed, bool reverse, bool listed) {
  merge_sort(keyed, [&](const Keyed& a, const Keyed& b) {
    return reverse ? keys_less(budget, b.key, a.key, listed)
                   : keys_less(budget, a.key, b.key, listed);
  });
  std::vector<Val> items;
  items.reserve(keyed.size());
  for (Keyed& entry : keyed) items.push_back(std::move(entry.item));
  return items;
}

// "age,name" names two attributes to sort by.
std::vector<AttributePath> attribute_paths(Renderer& r, const Val* attribute) {
  std::vector<AttributePath> paths;
  if (attribute == nullptr || attribute->text() == nullptr) {
    paths.emplace_back(r, attribute);
    return paths;
  }
  const Text comma(",", true);
  for (Text& part : split(r.budget(), *attribute->text(), &comma, -1, false)) {
    const Val name = make_text(std::move(part));
    paths.emplace_back(r, &name);
  }
  return paths;
}

Val extreme(Renderer& r, const Val& input, FilterArgs args, std::string_view name, bool largest) {
  const Arguments a(name, args, {"case_sensitive", "attribute"});
  const AttributePath path(r, given_value(a, 1));
  const SeqRef items = iterate(r.budget(), input);
  if (items->items.empty())
    return undefined("the list to take '" + std::string(name) + "' of is empty");
  std::size_t best = 0;
  Val best_key;
  for (std::size_t i = 0; i < items->items.size(); ++i) {
    Val key = key_of(r.budget(), path.get(items->items[i]), a.flag(0));
    if (i > 0 && !(largest ? less(r.budget(), best_key, key) : less(r.budget(), key, best_key)))
      continue;
    best = i;
    best_key = std::move(key);
  }
  return items->items[best];
}

}  // namespace

Val filter_sort(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("sort", args, {"reverse", "case_sensitive", "attribute"});
  const std::vector<AttributePath> paths = attribute_paths(r, given_value(a, 2));
  std::vector<Keyed> keyed;
  for (const Val& item : each(r.budget(), input)) {
    Keyed entry;
    for (const AttributePath& path : paths) {
      r.budget().spend(1);
      entry.key.push_back(key_of(r.budget(), path.get(item), a.flag(1)));
    }
    entry.item = item;
    keyed.push_back(std::move(entry));
  }
  return make_list(r.budget(), sorted(r.budget(), std::move(keyed), a.flag(0), true));
}

Val filter_dictsort(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("dictsort", args, {"case_sensitive", "by", "reverse"});
  const std::string_view by = a.find(1) != nullptr ? a.text(1).bytes() : "key";
  if (by != "key" && by != "value") fail("'dictsort' sorts by 'key' or 'value'");
  if (input.is<Undefined>()) fail_undefined(input);
  if (input.dict() == nullptr)
    fail("'dictsort' takes a dict, not '" + std::string(type_name(input)) + "'");
  std::vector<Keyed> keyed;
  for (const auto& [key, value] : input.dict()->entries()) {
    Keyed entry;
    entry.key.push_back(key_of(r.budget(), by == "key" ? key : value, a.flag(0)));
    entry.item = make_seq(r.budget(), SeqKind::tuple, {key, value});
    keyed.push_back(std::move(entry));
  }
  return make_list(r.budget(), sorted(r.budget(), std::move(keyed), a.flag(2), false));
}

Val filter_unique(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("unique", args, {"case_sensitive", "attribute"});
  const AttributePath path(r, given_value(a, 1));
  std::set<std::string> seen;
  std::vector<Val> items;
  for (const Val& item : each(r.budget(), input)) {
    const Val key = key_of(r.budget(), path.get(item), a.flag(0));
    if (seen.insert(hash_key(r.budget(), key)).second) items.push_back(item);
  }
  return make_seq(r.budget(), SeqKind::generator, std::move(items));
}

Val filter_groupby(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("groupby", args, {"attribute", "default", "case_sensitive"}, 1);
  const AttributePath path(r, &a.at(0), given_value(a, 1));
  std::vector<Keyed> keyed;
  for (const Val& item : each(r.budget(), input)) {
    keyed.push_back({{key_of(r.budget(), path.get(item), a.flag(2))}, item});
  }
  std::vector<Val> groups;
  std::vector<Val> members;
  const auto close_group = [&] {
    if (members.empty()) return;
    const Val grouper = path.get(members.front());
    const Val list = make_list(r.budget(), std::exchange(members, {}));
    groups.push_back(make_seq(r.budget(), SeqKind::group, {grouper, list}));
  };
  std::optional<Val> last;
  for (const Val& item : sorted(r.budget(), std::move(keyed), false, false)) {
    const Val key = key_of(r.budget(), path.get(item), a.flag(2));
    if (last && !equal(r.budget(), *last, key)) close_group();
    last = key;
    members.push_back(item);
  }
  close_group();
  return make_list(r.budget(), std::move(groups));
}

Val filter_min(Renderer& r, const Val& input, FilterArgs args) {
  return extreme(r, input, args, "min", false);
}

Val filter_max(Renderer& r, const Val& input, FilterArgs args) {
  return extreme(r, input, args, "max", true);
}

}  // namespace pincer::jinja
