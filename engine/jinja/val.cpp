#include "engine/jinja/val.h"

#include <algorithm>
#include <cmath>

#include "engine/jinja/budget.h"
#include "engine/jinja/number_text.h"
#include "engine/jinja/objects.h"

namespace pincer::jinja {
namespace {

// An entry takes some 300 bytes with its place in the index.
constexpr std::int64_t kStepsPerEntry = 8;

std::string_view seq_type_name(SeqKind kind) {
  switch (kind) {
    case SeqKind::list:
      return "list";
    case SeqKind::tuple:
    case SeqKind::group:
      return "tuple";
    case SeqKind::range:
      return "range";
    case SeqKind::generator:
      return "generator";
    case SeqKind::items_view:
      return "dict_items";
    case SeqKind::keys_view:
      return "dict_keys";
    case SeqKind::values_view:
      return "dict_values";
  }
  return "list";
}

std::string number_key(double value) {
  // 1 and 1.0 are one key; beyond 2^53 only what prints alike is.
  constexpr double kExact = 9007199254740992.0;
  if (std::floor(value) == value && std::abs(value) < kExact) {
    return "n" + std::to_string(static_cast<std::int64_t>(value));
  }
  return "f" + float_repr(value);
}

struct HashKey {
  Budget& budget;

  std::string operator()(const Undefined&) const { return "u"; }
  std::string operator()(const None&) const { return "0"; }
  std::string operator()(bool value) const { return value ? "n1" : "n0"; }
  std::string operator()(std::int64_t value) const { return "n" + std::to_string(value); }
  std::string operator()(double value) const { return number_key(value); }
  std::string operator()(const TextRef& text) const {
    budget.spend_copy(text->size());
    return "s" + std::string(text->bytes());
  }
  std::string operator()(const DictRef&) const { fail("unhashable type: 'dict'"); }
  std::string operator()(const SeqRef& seq) const {
    if (seq->kind == SeqKind::list || seq->kind == SeqKind::items_view ||
        seq->kind == SeqKind::keys_view) {
      fail("unhashable type: '" + std::string(seq_type_name(seq->kind)) + "'");
    }
    if (seq->kind != SeqKind::tuple && seq->kind != SeqKind::group) return address(seq.get());
    std::string key = "t";
    for (const Val& item : seq->items) {
      const std::string part = hash_key(budget, item);
      budget.spend_copy(part.size());
      key += std::to_string(part.size()) + ":" + part;
    }
    return key;
  }
  std::string operator()(const FunctionRef& function) const { return address(function.get()); }
  std::string operator()(const auto* object) const { return address(object); }

  static std::string address(const void* object) {
    return "@" + std::to_string(reinterpret_cast<std::uintptr_t>(object));
  }
};

}  // namespace

Val undefined(std::string why) {
  return Undefined{std::make_shared<const std::string>(std::move(why))};
}

Val make_text(Text text) { return std::make_shared<const Text>(std::move(text)); }

Val make_text(std::string_view trusted_bytes) {
  return make_text(Text(std::string(trusted_bytes), true));
}

std::string hash_key(Budget& budget, const Val& key) {
  return std::visit(HashKey{budget}, key.data());
}

std::size_t Dict::position(const std::string& encoded) const {
  const auto it = index_.find(encoded);
  return it == index_.end() ? entries_.size() : it->second;
}

void Dict::set(Budget& budget, const Val& key, Val value) {
  budget.spend(kStepsPerEntry);
  const int depth = std::max({depth_, 1 + depth_of(value), 1 + depth_of(key)});
  budget.check_depth(depth);
  depth_ = depth;
  std::string encoded = hash_key(budget, key);
  const std::size_t place = position(encoded);
  if (place < entries_.size()) {
    entries_[place].second = std::move(value);
    return;
  }
  index_.emplace(std::move(encoded), place);
  entries_.emplace_back(key, std::move(value));
}

const Val* Dict::find(Budget& budget, const Val& key) const {
  const std::size_t place = position(hash_key(budget, key));
  return place < entries_.size() ? &entries_[place].second : nullptr;
}

const Val* Dict::find(std::string_view key) const {
  const std::size_t place = position("s" + std::string(key));
  return place < entries_.size() ? &entries_[place].second : nullptr;
}

int depth_of(const Val& value) {
  if (const Seq* seq = value.seq()) return seq->depth;
  if (const Dict* dict = value.dict()) return dict->depth();
  if (const FunctionRef* function = value.get<FunctionRef>())
    return 1 + depth_of((*function)->self);
  return 0;
}

std::string_view type_name(const Val& value) {
  static constexpr std::string_view kNames[] = {
      "Undefined", "NoneType", "bool",      "int",   "float",       "str",    "list",
      "dict",      "function", "Namespace", "Macro", "LoopContext", "Cycler", "Joiner"};
  static_assert(std::size(kNames) == std::variant_size_v<Val::Data>);
  if (const Seq* seq = value.seq()) return seq_type_name(seq->kind);
  return kNames[value.data().index()];
}

bool truthy(const Val& value) {
  if (const bool* flag = value.get<bool>()) return *flag;
  if (const auto* number = value.get<std::int64_t>()) return *number != 0;
  if (const auto* number = value.get<double>()) return *number != 0.0;
  if (const Text* text = value.text()) return !text->empty();
  if (const Seq* seq = value.seq()) return seq->kind == SeqKind::generator || !seq->items.empty();
  if (const Dict* dict = value.dict()) return dict->size() != 0;
  return !value.is<Undefined>() && !value.is<None>();
}

}  // namespace pincer::jinja
