// The conditions of a route's rules: `prompt_tokens > local.context and not tools`. Parsed and
// checked once, then evaluated for each request; docs/router.md describes the language.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

using ExpressionValue = std::variant<bool, double, std::string_view>;

struct ExpressionName {
  enum class Type : std::uint8_t { boolean, number, text };
  std::string name;  // of letters, digits and "_.-@", a letter first
  Type type = Type::boolean;
};

// What the names stand for at the moment.
class ExpressionValues {
 public:
  virtual ~ExpressionValues() = default;
  // Of the name at `index` in the list that was parsed with; of its type.
  virtual ExpressionValue get(std::size_t index) const = 0;
};

class Expression {
 public:
  enum class Op : std::uint8_t {
    name,
    value,
    negation,
    both,
    either,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    contains,
  };
  struct Node {
    Op op = Op::value;
    ExpressionName::Type type = ExpressionName::Type::boolean;
    std::uint16_t left = 0, right = 0;  // nodes; of a name: its index
    double number = 0;                  // of values; a boolean is 0 or 1
    std::string text = {};
  };

  Expression() = default;
  explicit Expression(std::vector<Node> nodes) : nodes_(std::move(nodes)) {}

  bool empty() const { return nodes_.empty(); }
  bool holds(const ExpressionValues& values) const;  // false when empty

 private:
  ExpressionValue value(std::size_t node, const ExpressionValues& values) const;
  bool compare(const Node& node, const ExpressionValues& values) const;

  std::vector<Node> nodes_;  // the last is the root
};

// Errors: invalid_argument with the column, from 1: an unknown name (with the nearest), values that
// cannot be compared, more than 4096 bytes or 32 levels.
Result<Expression> parse_expression(std::string_view source,
                                    const std::vector<ExpressionName>& names);

}  // namespace pincer
