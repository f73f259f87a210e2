// A render from context to text, and variables.
#include "engine/jinja/renderer.h"

#include <utility>

#include "engine/jinja/import_value.h"
#include "engine/jinja/ops.h"
#include "engine/jinja/registry.h"

namespace pincer::jinja {

Text Renderer::render(const Object& context) {
  auto globals = std::make_shared<Scope>();
  scope_ = std::make_shared<Scope>();
  scope_->parent = globals;
  std::map<std::string_view, Symbol> symbols;
  for (std::size_t i = 0; i < syntax_.symbols.size(); ++i) {
    const std::string_view name = syntax_.symbols[i];
    symbols.emplace(name, static_cast<Symbol>(i));
    if (const NativeFunction function = find_global(name)) {
      globals->names[static_cast<Symbol>(i)] =
          Val(std::make_shared<const Function>(Function{std::string(name), function, {}}));
    }
  }
  for (const auto& [name, value] : context) {
    const auto symbol = symbols.find(name);
    if (symbol != symbols.end())
      globals->names[symbol->second] = import_value(budget_.limits(), value);
  }
  Text out;
  out_ = &out;
  exec(syntax_.body);
  return out;
}

const Val* Renderer::lookup(Symbol symbol) const {
  for (const Scope* scope = scope_.get(); scope != nullptr; scope = scope->parent.get()) {
    const auto it = scope->names.find(symbol);
    if (it != scope->names.end()) return &it->second;
  }
  return nullptr;
}

void Renderer::assign(const ast::Target& target, const Val& value) {
  if (!target.attribute.empty()) return assign_attribute(target, value);
  if (!target.tuple) {
    scope_->names[target.symbol] = value;
    return;
  }
  const SeqRef items = iterate(budget_, value);
  if (items->items.size() != target.parts.size()) {
    fail("cannot unpack " + std::to_string(items->items.size()) + " values into " +
         std::to_string(target.parts.size()) + " names");
  }
  for (std::size_t i = 0; i < target.parts.size(); ++i) assign(target.parts[i], items->items[i]);
}

void Renderer::assign_attribute(const ast::Target& target, const Val& value) {
  const Val* object = lookup(target.symbol);
  Namespace* const* space = object != nullptr ? object->get<Namespace*>() : nullptr;
  if (space == nullptr) {
    fail("'" + std::string(name_of(target.symbol)) +
         "' is no namespace: its attributes cannot be set");
  }
  if (target.attribute.front() == '_') {
    fail("a namespace cannot have the attribute '" + target.attribute + "'");
  }
  (*space)->attributes.set(budget_, make_text(target.attribute), value);
}

Val Renderer::apply_filter(const Val& name, const Val& input, const CallArgs& args) {
  const Deeper deeper(budget_, walk_depth_, kWalkFactor);
  const TextRef text = to_text(budget_, name);
  const NativeFunction run = find_filter(text->bytes());
  if (run == nullptr) fail("unknown filter '" + std::string(text->bytes()) + "'");
  return run(*this, input, args);
}

bool Renderer::apply_test(const Val& name, const Val& input, const CallArgs& args) {
  const TextRef text = to_text(budget_, name);
  const NativeTest run = find_test(text->bytes());
  if (run == nullptr) fail("unknown test '" + std::string(text->bytes()) + "'");
  return run(*this, input, args);
}

}  // namespace pincer::jinja
