// Walks the tree. One renderer serves one render, on one thread.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/jinja/ast.h"
#include "engine/jinja/budget.h"
#include "engine/jinja/objects.h"

namespace pincer::jinja {

// A parsed template: what Template::Program is made of.
struct Syntax {
  ast::Block body;
  std::vector<std::string> symbols;  // names by Symbol
};

class Renderer {
 public:
  Renderer(const Syntax& syntax, const Limits& limits) : syntax_(syntax), budget_(limits) {}
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  // Throws Failure.
  Text render(const Object& context);
  int line() const { return line_; }  // where it is, for messages

  // For filters, tests, methods and functions.
  Budget& budget() { return budget_; }
  Val call(const Val& callee, CallArgs args);
  // object.name and object[key]: undefined when there is no such thing.
  Val get_attribute(const Val& object, std::string_view name);
  Val get_item(const Val& object, const Val& key);
  // A filter or test by its name at run time, as map and select take it.
  Val apply_filter(const Val& name, const Val& input, const CallArgs& args);
  bool apply_test(const Val& name, const Val& input, const CallArgs& args);
  // A mutable object that lives as long as the render.
  template <class T>
  T* make() {
    budget_.spend(kStepsPerObject);
    auto object = std::make_unique<T>();
    T* raw = object.get();
    objects_.push_back(std::move(object));
    return raw;
  }

 private:
  enum class Flow { normal, break_loop, continue_loop };
  static constexpr std::int64_t kStepsPerObject = 10;
  // Recursion of the walk, all calls together, in multiples of Limits::depth. Keeps the stack below
  // about 2 MB.
  static constexpr int kWalkFactor = 8;

  class Deeper {
   public:
    Deeper(const Budget& budget, int& depth, int factor = 1) : depth_(++depth) {
      if (depth_ > budget.limits().depth * factor) {
        --depth_;
        budget.check_depth(budget.limits().depth + 1);
      }
    }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    int& depth_;
  };

  // Expressions.
  Val eval(const ast::Expr& expr);
  Val eval_or_none(const ast::ExprPtr& expr);
  Val eval_node(const ast::Literal& node) { return node.value; }
  Val eval_node(const ast::Name& node);
  Val eval_node(const ast::ListLiteral& node);
  Val eval_node(const ast::DictLiteral& node);
  Val eval_node(const ast::Unary& node);
  Val eval_node(const ast::Binary& node);
  Val eval_node(const ast::Concat& node);
  Val eval_node(const ast::Compare& node);
  Val eval_node(const ast::Conditional& node);
  Val eval_node(const ast::Attribute& node);
  Val eval_node(const ast::Item& node);
  Val eval_node(const ast::Slice& node);
  Val eval_node(const ast::Call& node);
  Val eval_node(const ast::Filter& node);
  Val eval_node(const ast::Test& node);
  CallArgs eval_args(const ast::Args& args);
  Val eval_call(const ast::Call& node, Macro* caller);

  Val get_loop_attribute(Loop& loop, std::string_view name);
  Val get_object_attribute(const Val& object, std::string_view name);

  // Statements.
  Flow exec(const ast::Block& block);
  Flow exec_in_new_scope(const ast::Block& block);
  Flow exec_node(const ast::Data& node);
  Flow exec_node(const ast::Output& node);
  Flow exec_node(const ast::If& node);
  Flow exec_node(const ast::For& node);
  Flow exec_node(const ast::Set& node);
  Flow exec_node(const ast::SetBlock& node);
  Flow exec_node(const ast::DefineMacro& node);
  Flow exec_node(const ast::CallBlock& node);
  Flow exec_node(const ast::FilterBlock& node);
  Flow exec_node(const ast::With& node);
  Flow exec_node(const ast::Break&) { return Flow::break_loop; }
  Flow exec_node(const ast::Continue&) { return Flow::continue_loop; }
  // Runs a block in a new scope and hands over its text instead of writing it.
  Text capture(const ast::Block& block, Flow& flow);
  void write(const Text& text);

  // Loops.
  Loop* make_loop(const ast::For& node, const Val& iterable, const ScopeRef& scope);
  Flow run_loop(Loop& loop);
  bool advance(Loop& loop);  // to the next round
  std::optional<Val> take_item(Loop& loop);
  const std::optional<Val>& peek(Loop& loop);
  std::int64_t loop_length(Loop& loop);
  Val call_loop(Loop& loop, const CallArgs& args);

  // Macros.
  Macro* make_macro(const ast::MacroDef& def);
  Val call_macro(Macro& macro, CallArgs args);
  std::vector<std::size_t> bind_parameters(const Macro& macro, CallArgs& args, Scope& scope);
  void bind_specials(const Macro& macro, CallArgs& args, Scope& scope);

  // Variables.
  void assign(const ast::Target& target, const Val& value);
  void assign_attribute(const ast::Target& target, const Val& value);
  const Val* lookup(Symbol symbol) const;
  std::string_view name_of(Symbol symbol) const {
    return syntax_.symbols[static_cast<std::size_t>(symbol)];
  }

  const Syntax& syntax_;
  Budget budget_;
  ScopeRef scope_;
  Text* out_ = nullptr;
  Val filtered_;  // the text of the filter block whose filters are to run next
  // Values point at these without owning them, so circles of references cannot leak.
  std::vector<std::unique_ptr<HeapObject>> objects_;
  int walk_depth_ = 0;
  int call_depth_ = 0;
  int line_ = 1;
};

}  // namespace pincer::jinja
