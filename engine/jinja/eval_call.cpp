// Calls, and macros.
#include <algorithm>
#include <utility>

#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {
namespace {

// The value of a named argument, which is taken out; nothing if it was not given.
std::optional<Val> take_named(CallArgs& args, std::string_view name) {
  const auto it = std::find_if(args.named.begin(), args.named.end(),
                               [&](const auto& entry) { return entry.first == name; });
  if (it == args.named.end()) return std::nullopt;
  Val value = std::move(it->second);
  args.named.erase(it);
  return value;
}

}  // namespace

Val Renderer::eval_node(const ast::Call& node) { return eval_call(node, nullptr); }

Val Renderer::eval_call(const ast::Call& node, Macro* caller) {
  const Val callee = eval(*node.callee);
  const auto* name = std::get_if<ast::Name>(&node.callee->node);
  if (name != nullptr && callee.is<Undefined>()) {
    fail("unknown function '" + std::string(name_of(name->symbol)) + "'");
  }
  CallArgs args = eval_args(node.args);
  if (caller != nullptr) args.named.emplace_back("caller", caller);
  return call(callee, std::move(args));
}

Val Renderer::call(const Val& callee, CallArgs args) {
  const Deeper deeper(budget_, call_depth_);
  budget_.spend(1);
  if (const FunctionRef* function = callee.get<FunctionRef>()) {
    return (*function)->run(*this, (*function)->self, args);
  }
  if (Macro* const* macro = callee.get<Macro*>()) return call_macro(**macro, std::move(args));
  if (Loop* const* loop = callee.get<Loop*>()) return call_loop(**loop, args);
  if (Joiner* const* joiner = callee.get<Joiner*>()) {
    return std::exchange((*joiner)->used, true) ? (*joiner)->separator : make_text("");
  }
  if (callee.is<Undefined>()) fail_undefined(callee);
  fail("'" + std::string(type_name(callee)) + "' cannot be called");
}

Macro* Renderer::make_macro(const ast::MacroDef& def) {
  Macro* macro = make<Macro>();
  macro->def = &def;
  macro->scope = scope_;
  return macro;
}

Val Renderer::call_macro(Macro& macro, CallArgs args) {
  auto scope = std::make_shared<Scope>();
  scope->parent = macro.scope;
  const std::vector<std::size_t> missing = bind_parameters(macro, args, *scope);
  bind_specials(macro, args, *scope);
  const ScopeRef outer = std::exchange(scope_, scope);
  // Defaults see the parameters; those still without a value are undefined to them.
  const ast::MacroDef& def = *macro.def;
  const std::size_t required = def.parameters.size() - def.defaults.size();
  for (const std::size_t i : missing) {
    if (i >= required) scope->names[def.parameters[i].first] = eval(*def.defaults[i - required]);
  }
  Text text;
  Text* const outer_out = std::exchange(out_, &text);
  exec(def.body);
  out_ = outer_out;
  scope_ = outer;
  return make_text(std::move(text));
}

// Returns which parameters got no argument.
std::vector<std::size_t> Renderer::bind_parameters(const Macro& macro, CallArgs& args,
                                                   Scope& scope) {
  const auto& parameters = macro.def->parameters;
  // Each parameter is looked for among the named arguments.
  budget_.spend(static_cast<std::int64_t>(parameters.size() * (1 + args.named.size() / 8)));
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const auto& [symbol, name] = parameters[i];
    if (i < args.positional.size()) {
      scope.names[symbol] = args.positional[i];
    } else if (std::optional<Val> value = take_named(args, name)) {
      scope.names[symbol] = std::move(*value);
    } else {
      scope.names[symbol] = undefined("parameter '" + name + "' was not provided");
      missing.push_back(i);
    }
  }
  return missing;
}

// caller, varargs and kwargs: what is given beyond the parameters.
void Renderer::bind_specials(const Macro& macro, CallArgs& args, Scope& scope) {
  const ast::MacroDef& def = *macro.def;
  if (def.uses_caller && scope.names.count(ast::kCaller) == 0) {
    std::optional<Val> caller = take_named(args, "caller");
    scope.names[ast::kCaller] = caller ? *caller : undefined("no caller is defined");
  }
  if (def.uses_kwargs) {
    auto kwargs = std::make_shared<Dict>();
    for (const auto& [name, value] : args.named) kwargs->set(budget_, make_text(name), value);
    scope.names[ast::kKwargs] = DictRef(std::move(kwargs));
  } else if (!args.named.empty()) {
    fail("macro '" + def.name + "' takes no argument '" + args.named.front().first + "'");
  }
  const std::size_t count = def.parameters.size();
  if (def.uses_varargs) {
    std::vector<Val> rest;
    for (std::size_t i = count; i < args.positional.size(); ++i) rest.push_back(args.positional[i]);
    scope.names[ast::kVarargs] = make_seq(budget_, SeqKind::tuple, std::move(rest));
  } else if (args.positional.size() > count) {
    fail("macro '" + def.name + "' takes at most " + std::to_string(count) + " arguments");
  }
}

}  // namespace pincer::jinja
