// Methods of dicts, lists and the objects of a render; and those the sandbox refuses.
#include <algorithm>

#include "engine/jinja/args.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/registry.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

Val dict_get(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("get", args, {"key", "default"}, 1);
  if (const Val* value = self.dict()->find(r.budget(), a.at(0))) return *value;
  return a.find(1) != nullptr ? a.at(1) : Val(None{});
}

Val dict_items(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("items", args, {});
  return make_items_view(r.budget(), *self.dict(), SeqKind::items_view);
}

Val dict_keys(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("keys", args, {});
  std::vector<Val> keys;
  for (const auto& [key, value] : self.dict()->entries()) keys.push_back(key);
  return make_seq(r.budget(), SeqKind::keys_view, std::move(keys));
}

Val dict_values(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("values", args, {});
  std::vector<Val> values;
  for (const auto& [key, value] : self.dict()->entries()) values.push_back(value);
  return make_seq(r.budget(), SeqKind::values_view, std::move(values));
}

Val copy(Renderer&, const Val& self, const CallArgs& args) {
  const Arguments a("copy", args, {});
  return self;  // dicts and lists cannot change: one is as good as two
}

Val seq_count(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("count", args, {"value"}, 1);
  const std::vector<Val>& items = self.seq()->items;
  return static_cast<std::int64_t>(std::count_if(items.begin(), items.end(), [&](const Val& item) {
    return equal(r.budget(), item, a.at(0));
  }));
}

Val seq_index(Renderer& r, const Val& self, const CallArgs& args) {
  const Arguments a("index", args, {"value"}, 1);
  const std::vector<Val>& items = self.seq()->items;
  const auto it = std::find_if(items.begin(), items.end(),
                               [&](const Val& item) { return equal(r.budget(), item, a.at(0)); });
  if (it == items.end()) fail("the value is not in the list");
  return static_cast<std::int64_t>(it - items.begin());
}

Val loop_cycle(Renderer&, const Val& self, const CallArgs& args) {
  const Loop& loop = **self.get<Loop*>();
  if (args.positional.empty() || !args.named.empty())
    fail("'cycle' takes the values to cycle through");
  return args.positional[static_cast<std::size_t>(loop.index0) % args.positional.size()];
}

Val loop_changed(Renderer& r, const Val& self, const CallArgs& args) {
  Loop& loop = **self.get<Loop*>();
  std::vector<Val> now = args.positional;
  const auto same = [&](const Val& a, const Val& b) { return equal(r.budget(), a, b); };
  const bool changed =
      !loop.last_changed || !std::equal(now.begin(), now.end(), loop.last_changed->begin(),
                                        loop.last_changed->end(), same);
  loop.last_changed = std::move(now);
  return changed;
}

Val cycler_next(Renderer&, const Val& self, const CallArgs& args) {
  const Arguments a("next", args, {});
  Cycler& cycler = **self.get<Cycler*>();
  const Val value = cycler.items[cycler.position];
  cycler.position = (cycler.position + 1) % cycler.items.size();
  return value;
}

Val cycler_reset(Renderer&, const Val& self, const CallArgs& args) {
  const Arguments a("reset", args, {});
  (*self.get<Cycler*>())->position = 0;
  return None{};
}

constexpr NamedFunction<NativeFunction> kDictMethods[] = {
    {"get", dict_get},       {"items", dict_items}, {"keys", dict_keys},
    {"values", dict_values}, {"copy", copy},
};
constexpr NamedFunction<NativeFunction> kSeqMethods[] = {{"count", seq_count},
                                                         {"index", seq_index}};
constexpr NamedFunction<NativeFunction> kLoopMethods[] = {{"cycle", loop_cycle},
                                                          {"changed", loop_changed}};
constexpr NamedFunction<NativeFunction> kCyclerMethods[] = {{"next", cycler_next},
                                                            {"reset", cycler_reset}};

constexpr std::string_view kDictChanges[] = {"clear", "pop", "popitem", "setdefault", "update"};
constexpr std::string_view kListChanges[] = {"append", "clear", "pop",    "reverse",
                                             "insert", "sort",  "extend", "remove"};

}  // namespace

NativeFunction find_dict_method(std::string_view name) { return find_named(kDictMethods, name); }

NativeFunction find_seq_method(SeqKind kind, std::string_view name) {
  if (kind == SeqKind::list && name == "copy") return copy;
  const bool counted = kind == SeqKind::list || kind == SeqKind::tuple || kind == SeqKind::group ||
                       kind == SeqKind::range;
  return counted ? find_named(kSeqMethods, name) : nullptr;
}

NativeFunction find_object_method(const Val& object, std::string_view name) {
  if (object.is<Loop*>()) return find_named(kLoopMethods, name);
  if (object.is<Cycler*>()) return find_named(kCyclerMethods, name);
  return nullptr;
}

bool is_refused_method(const Val& object, std::string_view name) {
  if (object.dict() != nullptr) {
    return std::find(std::begin(kDictChanges), std::end(kDictChanges), name) !=
           std::end(kDictChanges);
  }
  const bool list = object.seq() != nullptr && object.seq()->kind == SeqKind::list;
  return list && std::find(std::begin(kListChanges), std::end(kListChanges), name) !=
                     std::end(kListChanges);
}

Val make_items_view(Budget& budget, const Dict& dict, SeqKind kind) {
  std::vector<Val> items;
  for (const auto& [key, value] : dict.entries()) {
    items.push_back(make_seq(budget, SeqKind::tuple, {key, value}));
  }
  return make_seq(budget, kind, std::move(items));
}

}  // namespace pincer::jinja
