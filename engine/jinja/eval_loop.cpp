// For loops and the variable `loop`.
#include <utility>

#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {

Loop* Renderer::make_loop(const ast::For& node, const Val& iterable, const ScopeRef& scope) {
  Loop* loop = make<Loop>();
  loop->node = &node;
  loop->scope = scope;
  loop->items = iterate(budget_, iterable);
  loop->filtered = node.test != nullptr;
  return loop;
}

Renderer::Flow Renderer::exec_node(const ast::For& node) {
  Loop* loop = make_loop(node, eval(*node.iterable), scope_);
  return run_loop(*loop);
}

Renderer::Flow Renderer::run_loop(Loop& loop) {
  const ast::For& node = *loop.node;
  const ScopeRef outer = std::exchange(scope_, loop.scope);
  // jinja2 runs `else` unless some round came to its end, also after break and continue.
  bool finished_a_round = false;
  Flow flow = Flow::normal;
  while (flow != Flow::break_loop && advance(loop)) {
    budget_.spend(1);
    scope_ = std::make_shared<Scope>();
    scope_->parent = loop.scope;
    scope_->names[ast::kLoop] = &loop;
    assign(node.target, loop.current);
    flow = exec(node.body);
    finished_a_round |= flow == Flow::normal;
  }
  scope_ = loop.scope;
  // What is left can be asked of a loop that outlives its block: how far it came.
  if (!loop.length && !loop.filtered)
    loop.length = static_cast<std::int64_t>(loop.items->items.size());
  loop.items = std::make_shared<const Seq>();
  loop.cursor = 0;
  flow = finished_a_round ? Flow::normal : exec_in_new_scope(node.otherwise);
  scope_ = outer;
  return flow;
}

std::optional<Val> Renderer::take_item(Loop& loop) {
  while (loop.cursor < loop.items->items.size()) {
    Val item = loop.items->items[loop.cursor++];
    if (!loop.filtered) return item;
    budget_.spend(1);
    auto scope = std::make_shared<Scope>();
    scope->parent = loop.scope;
    const ScopeRef outer = std::exchange(scope_, std::move(scope));
    assign(loop.node->target, item);
    const bool passes = truthy(eval(*loop.node->test));
    scope_ = outer;
    if (passes) return item;
  }
  return std::nullopt;
}

const std::optional<Val>& Renderer::peek(Loop& loop) {
  if (!loop.after) loop.after = take_item(loop);
  return loop.after;
}

bool Renderer::advance(Loop& loop) {
  std::optional<Val> item = std::exchange(loop.after, std::nullopt);
  if (!item) item = take_item(loop);
  if (!item) return false;
  ++loop.index0;
  loop.before = std::exchange(loop.current, std::move(*item));
  return true;
}

std::int64_t Renderer::loop_length(Loop& loop) {
  if (loop.length) return *loop.length;
  if (!loop.filtered) {
    loop.length = static_cast<std::int64_t>(loop.items->items.size());
    return *loop.length;
  }
  // The items that are still to come must pass the filter now.
  std::vector<Val> rest;
  while (std::optional<Val> item = take_item(loop)) rest.push_back(std::move(*item));
  const std::int64_t done = loop.index0 + 1 + (loop.after ? 1 : 0);
  loop.length = done + static_cast<std::int64_t>(rest.size());
  auto items = std::make_shared<Seq>();
  items->items = std::move(rest);
  loop.items = std::move(items);
  loop.cursor = 0;
  loop.filtered = false;
  return *loop.length;
}

Val Renderer::call_loop(Loop& loop, const CallArgs& args) {
  if (!loop.node->recursive) fail("only a loop marked 'recursive' can be called");
  if (args.positional.size() != 1 || !args.named.empty()) fail("'loop' takes one list");
  Loop* inner = make_loop(*loop.node, args.positional[0], loop.scope);
  inner->depth0 = loop.depth0 + 1;
  Text text;
  Text* const outer = std::exchange(out_, &text);
  run_loop(*inner);
  out_ = outer;
  return make_text(std::move(text));
}

Val Renderer::get_loop_attribute(Loop& loop, std::string_view name) {
  if (name == "index0") return loop.index0;
  if (name == "index") return loop.index0 + 1;
  if (name == "first") return loop.index0 == 0;
  if (name == "last") return !peek(loop).has_value();
  if (name == "length") return loop_length(loop);
  if (name == "revindex") return loop_length(loop) - loop.index0;
  if (name == "revindex0") return loop_length(loop) - loop.index0 - 1;
  if (name == "depth") return loop.depth0 + 1;
  if (name == "depth0") return loop.depth0;
  if (name == "previtem") {
    return loop.index0 == 0 ? undefined("there is no previous item") : loop.before;
  }
  if (name == "nextitem") {
    const std::optional<Val>& next = peek(loop);
    return next ? *next : undefined("there is no next item");
  }
  return get_object_attribute(&loop, name);
}

}  // namespace pincer::jinja
