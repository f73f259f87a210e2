// Values that change or act: functions, and the mutable objects that a render owns.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/jinja/val.h"

namespace pincer::jinja {

class Renderer;
using Symbol = int;  // a name of the template, numbered

namespace ast {
struct MacroDef;
struct For;
}  // namespace ast

struct CallArgs {
  std::vector<Val> positional;
  std::vector<std::pair<std::string, Val>> named;
};

// The shape of every filter, method and global function. `input` is the filtered value, the object
// of the method, or undefined.
using NativeFunction = Val (*)(Renderer&, const Val& input, const CallArgs&);
using NativeTest = bool (*)(Renderer&, const Val& input, const CallArgs&);

struct Function {
  std::string name;
  NativeFunction run = nullptr;
  Val self;
};

// The variables of one block. Lookups go on in the parent; assignments do not.
struct Scope {
  std::shared_ptr<Scope> parent;
  std::unordered_map<Symbol, Val> names;
};
using ScopeRef = std::shared_ptr<Scope>;

struct HeapObject {
  virtual ~HeapObject() = default;
};

struct Namespace : HeapObject {
  Dict attributes;
};

struct Macro : HeapObject {
  const ast::MacroDef* def = nullptr;
  ScopeRef scope;  // where it was defined
};

// `loop`, and the cursor behind it.
struct Loop : HeapObject {
  const ast::For* node = nullptr;
  ScopeRef scope;  // around the loop
  SeqRef items;
  std::size_t cursor = 0;  // the next item to be looked at
  bool filtered = false;   // items[cursor...] still have to pass the loop's `if`
  std::int64_t index0 = -1;
  std::int64_t depth0 = 0;
  std::optional<std::int64_t> length;
  std::optional<Val> after;  // an item that was looked at ahead of its round
  Val before;
  Val current;
  std::optional<std::vector<Val>> last_changed;
};

struct Cycler : HeapObject {
  std::vector<Val> items;
  std::size_t position = 0;
};

struct Joiner : HeapObject {
  Val separator;
  bool used = false;
};

}  // namespace pincer::jinja
