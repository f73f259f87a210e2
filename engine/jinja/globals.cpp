// The global functions.
#include <utility>

#include "engine/jinja/args.h"
#include "engine/jinja/clock.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/registry.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

// dict(mapping or pairs, name=value, ...)
Dict dict_from(Renderer& r, const CallArgs& args, std::string_view name) {
  if (args.positional.size() > 1) fail("'" + std::string(name) + "' takes at most one dict");
  Dict dict;
  if (!args.positional.empty()) {
    const Val& source = args.positional[0];
    const Val pairs = source.dict() != nullptr
                          ? make_items_view(r.budget(), *source.dict(), SeqKind::items_view)
                          : source;
    for (const Val& item : each(r.budget(), pairs)) {
      const SeqRef pair = iterate(r.budget(), item);
      if (pair->items.size() != 2)
        fail("'" + std::string(name) + "' takes pairs of a key and a value");
      dict.set(r.budget(), pair->items[0], pair->items[1]);
    }
  }
  for (const auto& [key, value] : args.named) dict.set(r.budget(), make_text(key), value);
  return dict;
}

Val global_dict(Renderer& r, const Val&, const CallArgs& args) {
  return DictRef(std::make_shared<const Dict>(dict_from(r, args, "dict")));
}

Val global_namespace(Renderer& r, const Val&, const CallArgs& args) {
  Namespace* space = r.make<Namespace>();
  space->attributes = dict_from(r, args, "namespace");
  for (const auto& [key, value] : space->attributes.entries()) {
    const bool hidden = key.text() != nullptr && key.text()->bytes().starts_with('_');
    if (hidden) fail("a namespace cannot have attributes that begin with '_'");
  }
  return space;
}

Val global_range(Renderer& r, const Val&, const CallArgs& args) {
  const Arguments a("range", args, {"start", "stop", "step"}, 1);
  const bool one = a.find(1) == nullptr;
  const std::int64_t start = one ? 0 : a.integer(0, 0);
  const std::int64_t stop = one ? a.integer(0, 0) : a.integer(1, 0);
  const std::int64_t step = a.integer(2, 1);
  if (step == 0) fail("the step of a range cannot be zero");
  // Unsigned: the distance of any two integers fits, their difference may not.
  const bool any = step > 0 ? start < stop : start > stop;
  const auto from = static_cast<std::uint64_t>(start);
  const auto to = static_cast<std::uint64_t>(stop);
  const std::uint64_t distance = !any ? 0 : step > 0 ? to - from : from - to;
  const std::uint64_t stride =
      step > 0 ? static_cast<std::uint64_t>(step) : ~static_cast<std::uint64_t>(step) + 1;
  const std::uint64_t count = distance == 0 ? 0 : (distance - 1) / stride + 1;
  constexpr std::uint64_t kLongest = 100'000;  // jinja2's sandbox has the same limit
  if (count > kLongest) fail_limit("a range has at most " + std::to_string(kLongest) + " items");
  std::vector<Val> items;
  items.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    items.push_back(static_cast<std::int64_t>(from + i * static_cast<std::uint64_t>(step)));
  }
  r.budget().spend_items(count);
  auto seq = std::make_shared<Seq>();
  seq->kind = SeqKind::range;
  seq->items = std::move(items);
  seq->label = "range(" + std::to_string(start) + ", " + std::to_string(stop) +
               (step == 1 ? ")" : ", " + std::to_string(step) + ")");
  return SeqRef(std::move(seq));
}

Val global_cycler(Renderer& r, const Val&, const CallArgs& args) {
  if (args.positional.empty() || !args.named.empty())
    fail("'cycler' takes the values to cycle through");
  Cycler* cycler = r.make<Cycler>();
  r.budget().spend_items(args.positional.size());
  cycler->items = args.positional;
  return cycler;
}

Val global_joiner(Renderer& r, const Val&, const CallArgs& args) {
  const Arguments a("joiner", args, {"sep"});
  Joiner* joiner = r.make<Joiner>();
  joiner->separator = a.find(0) != nullptr ? a.at(0) : make_text(", ");
  return joiner;
}

Val global_raise_exception(Renderer& r, const Val&, const CallArgs& args) {
  const Arguments a("raise_exception", args, {"message"}, 1);
  const TextRef message = to_text(r.budget(), a.at(0));
  throw Failure{ErrorCode::invalid_argument, std::string(message->bytes()), true};
}

Val global_strftime_now(Renderer& r, const Val&, const CallArgs& args) {
  const Arguments a("strftime_now", args, {"format"}, 1);
  const Text& format = a.text(0);
  return make_text(Text(format_now(r.budget(), format.bytes()), format.all_trusted()));
}

constexpr NamedFunction<NativeFunction> kGlobals[] = {
    {"namespace", global_namespace},
    {"range", global_range},
    {"dict", global_dict},
    {"raise_exception", global_raise_exception},
    {"strftime_now", global_strftime_now},
    {"cycler", global_cycler},
    {"joiner", global_joiner},
};

}  // namespace

NativeFunction find_global(std::string_view name) { return find_named(kGlobals, name); }

}  // namespace pincer::jinja
