// Filters that apply a filter or a test to every item.
#include <utility>

#include "engine/jinja/args.h"
#include "engine/jinja/filters.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

// The arguments behind the first `count`.
CallArgs rest_of(Renderer& r, const CallArgs& args, std::size_t count) {
  CallArgs rest;
  rest.named = args.named;
  r.budget().spend_items(args.positional.size());
  for (std::size_t i = count; i < args.positional.size(); ++i) {
    rest.positional.push_back(args.positional[i]);
  }
  return rest;
}

// map(attribute="name", default=value)
Val map_attribute(Renderer& r, const Val& input, FilterArgs args) {
  const Arguments a("map", args, {"attribute", "default"}, 1);
  const AttributePath path(r, &a.at(0), a.find(1));
  std::vector<Val> items;
  for (const Val& item : each(r.budget(), input)) items.push_back(path.get(item));
  return make_seq(r.budget(), SeqKind::generator, std::move(items));
}

Val choose(Renderer& r, const Val& input, FilterArgs args, bool by_attribute, bool wanted) {
  if (!truthy(input)) return make_seq(r.budget(), SeqKind::generator, {});
  const std::size_t test = by_attribute ? 1 : 0;
  if (by_attribute && args.positional.empty()) fail("the filter lacks the name of an attribute");
  const AttributePath path(r, by_attribute ? &args.positional[0] : nullptr);
  const bool has_test = args.positional.size() > test;
  const CallArgs test_args = rest_of(r, args, test + 1);
  std::vector<Val> items;
  for (const Val& item : each(r.budget(), input)) {
    r.budget().spend(1);
    const Val value = path.get(item);
    const bool passes =
        has_test ? r.apply_test(args.positional[test], value, test_args) : truthy(value);
    if (passes == wanted) items.push_back(item);
  }
  return make_seq(r.budget(), SeqKind::generator, std::move(items));
}

}  // namespace

Val filter_map(Renderer& r, const Val& input, FilterArgs args) {
  if (!truthy(input)) return make_seq(r.budget(), SeqKind::generator, {});
  if (args.positional.empty()) return map_attribute(r, input, args);
  const CallArgs rest = rest_of(r, args, 1);
  std::vector<Val> items;
  for (const Val& item : each(r.budget(), input)) {
    r.budget().spend(1);
    items.push_back(r.apply_filter(args.positional[0], item, rest));
  }
  return make_seq(r.budget(), SeqKind::generator, std::move(items));
}

Val filter_select(Renderer& r, const Val& input, FilterArgs args) {
  return choose(r, input, args, false, true);
}
Val filter_reject(Renderer& r, const Val& input, FilterArgs args) {
  return choose(r, input, args, false, false);
}
Val filter_selectattr(Renderer& r, const Val& input, FilterArgs args) {
  return choose(r, input, args, true, true);
}
Val filter_rejectattr(Renderer& r, const Val& input, FilterArgs args) {
  return choose(r, input, args, true, false);
}

}  // namespace pincer::jinja
