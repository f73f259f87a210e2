// What expressions evaluate to: JSON values and the things that live only while a template renders.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "engine/jinja/text.h"

namespace pincer::jinja {

class Budget;
class Val;
class Dict;
struct Seq;
struct Function;
// The renderer owns these: they are mutable and may refer to each other in circles.
struct Namespace;
struct Macro;
struct Loop;
struct Cycler;
struct Joiner;

using TextRef = std::shared_ptr<const Text>;
using SeqRef = std::shared_ptr<const Seq>;
using DictRef = std::shared_ptr<const Dict>;
using FunctionRef = std::shared_ptr<const Function>;

template <class T, class Variant>
constexpr bool kIsAlternative = false;
template <class T, class... Types>
constexpr bool kIsAlternative<T, std::variant<Types...>> = (std::is_same_v<T, Types> || ...);

struct Undefined {
  std::shared_ptr<const std::string> why;  // what to say when it is used; may be null
};
struct None {};

class Val {
 public:
  using Data = std::variant<Undefined, None, bool, std::int64_t, double, TextRef, SeqRef, DictRef,
                            FunctionRef, Namespace*, Macro*, Loop*, Cycler*, Joiner*>;

  Val() = default;  // undefined
  // Exactly the alternatives of Data: no pointer shall become a bool on its way.
  template <class T>
    requires(kIsAlternative<T, Data>)
  Val(T value)  // NOLINT(google-explicit-constructor)
      : data_(std::in_place_type<T>, std::move(value)) {}

  template <class T>
  const T* get() const {
    return std::get_if<T>(&data_);
  }
  template <class T>
  bool is() const {
    return std::holds_alternative<T>(data_);
  }
  const Data& data() const { return data_; }

  // Null when it is something else.
  const Text* text() const { return pointee<TextRef>(); }
  const Seq* seq() const { return pointee<SeqRef>(); }
  const Dict* dict() const { return pointee<DictRef>(); }

 private:
  template <class Ref>
  const typename Ref::element_type* pointee() const {
    const Ref* ref = std::get_if<Ref>(&data_);
    return ref != nullptr ? ref->get() : nullptr;
  }

  Data data_;
};

Val undefined(std::string why);
Val make_text(Text text);
Val make_text(std::string_view trusted_bytes);

// Python's many sequences. Only list, tuple and range can be indexed.
enum class SeqKind : std::uint8_t {
  list,
  tuple,
  group,  // groupby's tuple (grouper, list)
  range,
  generator,  // gives each item once
  items_view,
  keys_view,
  values_view,
};

struct Seq {
  SeqKind kind = SeqKind::list;
  std::vector<Val> items;
  int depth = 1;                  // containers inside each other, this one included
  std::string label;              // range: how it prints
  mutable std::size_t taken = 0;  // generator: how many items are gone
};

// Python's dict: any hashable key, in the order of insertion. 1, 1.0 and True are one key.
class Dict {
 public:
  using Entry = std::pair<Val, Val>;

  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t size() const { return entries_.size(); }

  // Fails on keys that Python cannot hash. A second value for a key takes the first one's place.
  void set(Budget& budget, const Val& key, Val value);
  const Val* find(Budget& budget,
                  const Val& key) const;  // null when absent; fails on unhashable keys
  const Val* find(std::string_view key) const;
  int depth() const { return depth_; }

 private:
  std::size_t position(const std::string& encoded) const;

  std::vector<Entry> entries_;
  std::map<std::string, std::size_t, std::less<>> index_;  // hash_key -> place in entries_
  int depth_ = 1;
};

// Equal for equal keys and different for others. Fails as Python does: "unhashable type: 'list'".
std::string hash_key(Budget& budget, const Val& key);

// How many containers are inside each other: 0 for a number.
int depth_of(const Val& value);
std::string_view type_name(const Val& value);  // as Python has it: "NoneType"
bool truthy(const Val& value);

}  // namespace pincer::jinja
