// Statements, loops aside.
#include <utility>

#include "engine/jinja/ops.h"
#include "engine/jinja/renderer.h"

namespace pincer::jinja {

Renderer::Flow Renderer::exec(const ast::Block& block) {
  const Deeper deeper(budget_, walk_depth_, kWalkFactor);
  for (const ast::Stmt& stmt : block) {
    budget_.spend(1);
    line_ = stmt.line;
    const Flow flow = std::visit([this](const auto& node) { return exec_node(node); }, stmt.node);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Renderer::Flow Renderer::exec_in_new_scope(const ast::Block& block) {
  auto scope = std::make_shared<Scope>();
  scope->parent = scope_;
  const ScopeRef outer = std::exchange(scope_, std::move(scope));
  const Flow flow = exec(block);
  scope_ = outer;
  return flow;
}

void Renderer::write(const Text& text) {
  budget_.spend_copy(text.size());
  budget_.check_size(out_->size() + text.size());
  out_->append(text);
}

Text Renderer::capture(const ast::Block& block, Flow& flow) {
  Text text;
  Text* const outer = std::exchange(out_, &text);
  flow = exec_in_new_scope(block);
  out_ = outer;
  return text;
}

Renderer::Flow Renderer::exec_node(const ast::Data& node) {
  write(*node.text);
  return Flow::normal;
}

Renderer::Flow Renderer::exec_node(const ast::Output& node) {
  write(*to_text(budget_, eval(*node.value)));
  return Flow::normal;
}

Renderer::Flow Renderer::exec_node(const ast::If& node) {
  for (const auto& [test, body] : node.branches) {
    if (truthy(eval(*test))) return exec(body);
  }
  return exec(node.otherwise);
}

Renderer::Flow Renderer::exec_node(const ast::Set& node) {
  assign(node.target, eval(*node.value));
  return Flow::normal;
}

Renderer::Flow Renderer::exec_node(const ast::SetBlock& node) {
  Flow flow = Flow::normal;
  Val text = make_text(capture(node.body, flow));
  if (flow != Flow::normal) return flow;
  if (node.filter) {
    filtered_ = std::move(text);
    text = eval(*node.filter);
  }
  assign(node.target, text);
  return Flow::normal;
}

Renderer::Flow Renderer::exec_node(const ast::FilterBlock& node) {
  Flow flow = Flow::normal;
  Text text = capture(node.body, flow);
  if (flow != Flow::normal) return flow;
  filtered_ = make_text(std::move(text));
  write(*to_text(budget_, eval(*node.filter)));
  return Flow::normal;
}

Renderer::Flow Renderer::exec_node(const ast::With& node) {
  auto scope = std::make_shared<Scope>();
  scope->parent = scope_;
  const ScopeRef outer = scope_;
  for (const auto& [target, expr] : node.assignments) {
    scope_ = outer;  // values do not see the names that are set beside them
    const Val value = eval(*expr);
    scope_ = scope;
    assign(target, value);
  }
  scope_ = scope;
  const Flow flow = exec(node.body);
  scope_ = outer;
  return flow;
}

Renderer::Flow Renderer::exec_node(const ast::DefineMacro& node) {
  scope_->names[node.macro->symbol] = make_macro(*node.macro);
  return Flow::normal;
}

Renderer::Flow Renderer::exec_node(const ast::CallBlock& node) {
  Macro* caller = make_macro(*node.caller);
  line_ = node.call->line;
  const auto& call = std::get<ast::Call>(node.call->node);
  write(*to_text(budget_, eval_call(call, caller)));
  return Flow::normal;
}

}  // namespace pincer::jinja
