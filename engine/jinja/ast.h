// The parsed template. Immutable; every node knows its line and how deep the tree below it is, so
// that recursion over the tree, its destruction included, is bounded at parse time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/jinja/objects.h"
#include "engine/jinja/val.h"

namespace pincer::jinja::ast {

struct Expr;
using ExprPtr = std::unique_ptr<const Expr>;

struct Literal {
  Val value;
};
struct Name {
  Symbol symbol = 0;
};
struct ListLiteral {
  std::vector<ExprPtr> items;
  bool tuple = false;
};
struct DictLiteral {
  std::vector<std::pair<ExprPtr, ExprPtr>> entries;
};
enum class UnaryOp : std::uint8_t { negative, positive, logical_not };
struct Unary {
  UnaryOp op;
  ExprPtr operand;
};
enum class BinaryOp : std::uint8_t {
  add,
  sub,
  mul,
  div,
  floordiv,
  mod,
  pow,
  logical_and,
  logical_or
};
struct Binary {
  BinaryOp op;
  ExprPtr left, right;
};
struct Concat {
  std::vector<ExprPtr> parts;
};
enum class CompareOp : std::uint8_t { eq, ne, lt, le, gt, ge, in, not_in };
struct Compare {
  ExprPtr first;
  std::vector<std::pair<CompareOp, ExprPtr>> rest;  // a < b < c is a < b and b < c
};
struct Conditional {
  ExprPtr test, then, otherwise;  // otherwise may be null: undefined
};
struct Attribute {
  ExprPtr object;
  std::string name;
};
struct Item {
  ExprPtr object, key;
};
struct Slice {
  ExprPtr object, start, stop, step;  // the last three may be null
};
struct Args {
  std::vector<ExprPtr> positional;
  std::vector<std::pair<std::string, ExprPtr>> named;
  ExprPtr extra_positional, extra_named;  // *args, **kwargs; may be null
};
struct Call {
  ExprPtr callee;
  Args args;
};
struct Filter {
  ExprPtr input;  // null: the text of the block that is being filtered
  std::string name;
  NativeFunction run = nullptr;  // null: no such filter, a failure if it is reached
  Args args;
};
struct Test {
  ExprPtr input;
  std::string name;
  NativeTest run = nullptr;  // null as above
  Args args;
};

struct Expr {
  using Node = std::variant<Literal, Name, ListLiteral, DictLiteral, Unary, Binary, Concat, Compare,
                            Conditional, Attribute, Item, Slice, Call, Filter, Test>;
  int line;
  int depth;
  Node node;
};

struct Stmt;
using Block = std::vector<Stmt>;

// What can be assigned to: a name, an attribute of a namespace, or a tuple of targets.
struct Target {
  Symbol symbol = 0;
  std::string attribute;  // not empty: symbol.attribute
  std::vector<Target> parts;
  bool tuple = false;
};

struct Data {
  TextRef text;
};
struct Output {
  ExprPtr value;
};
struct If {
  std::vector<std::pair<ExprPtr, Block>> branches;
  Block otherwise;
};
struct For {
  Target target;
  ExprPtr iterable, test;  // test may be null
  Block body, otherwise;
  bool recursive = false;
};
struct Set {
  Target target;
  ExprPtr value;
};
struct SetBlock {
  Target target;
  ExprPtr filter;  // filters of the block's text; may be null
  Block body;
};
struct MacroDef {
  Symbol symbol = 0;  // unused for the body of a call block
  std::string name;
  std::vector<std::pair<Symbol, std::string>> parameters;
  std::vector<ExprPtr> defaults;  // of the last parameters
  Block body;
  bool uses_caller = false, uses_varargs = false, uses_kwargs = false;
};
using MacroPtr = std::unique_ptr<const MacroDef>;  // macros at run time point at it
struct DefineMacro {
  MacroPtr macro;
};
struct CallBlock {
  MacroPtr caller;
  ExprPtr call;  // its node is a Call
};
struct FilterBlock {
  ExprPtr filter;
  Block body;
};
struct With {
  std::vector<std::pair<Target, ExprPtr>> assignments;
  Block body;
};
struct Break {};
struct Continue {};

struct Stmt {
  using Node = std::variant<Data, Output, If, For, Set, SetBlock, DefineMacro, CallBlock,
                            FilterBlock, With, Break, Continue>;
  int line;
  int depth;
  Node node;
};

// The depth of the trees directly below a node.
int depth_below(const Expr::Node& node);
int depth_below(const Stmt::Node& node);

// Symbols that the language itself binds.
enum : Symbol { kLoop, kCaller, kVarargs, kKwargs, kReservedSymbols };

}  // namespace pincer::jinja::ast
