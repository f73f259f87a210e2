// expression := both { "or" both };  both := negation { "and" negation }
// negation := "not" negation | comparison;  comparison := value [ sign value ]
// value := name | number | text | "true" | "false" | "(" expression ")"
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "server/route/expression.h"
#include "server/route/expression_tokens.h"
#include "server/route/nearest_name.h"

namespace pincer {
namespace {

using Node = Expression::Node;
using Op = Expression::Op;
using Type = ExpressionName::Type;

constexpr std::size_t kMostExpressionBytes = 4096;
constexpr std::size_t kMostNodes = 512;  // both bound how deep holds() calls itself
constexpr int kMostLevels = 32;

constexpr std::array<std::pair<std::string_view, Op>, 7> kComparisons = {
    {{"==", Op::equal},
     {"!=", Op::not_equal},
     {"<=", Op::less_equal},
     {">=", Op::greater_equal},
     {"<", Op::less},
     {">", Op::greater},
     {"contains", Op::contains}}};

std::string_view type_name(Type type) {
  return type == Type::text ? "a text" : type == Type::number ? "a number" : "true or false";
}

class Parser {
 public:
  Parser(std::vector<ExpressionToken> tokens, const std::vector<ExpressionName>& names)
      : tokens_(std::move(tokens)), names_(names) {}

  Result<Expression> parse() {
    auto root = either();
    if (!root) return root.error();
    if (!at_end()) return here(fmt::format("`and`, `or` or the end should stand here"));
    if (auto wrong = not_boolean(*root, tokens_.front().column)) return *wrong;
    return Expression(std::move(nodes_));
  }

 private:
  using Index = std::uint16_t;

  bool at_end() const { return tokens_[at_].kind == ExpressionToken::Kind::end; }
  bool word(std::string_view text) const {
    const ExpressionToken& t = tokens_[at_];
    return (t.kind == ExpressionToken::Kind::name || t.kind == ExpressionToken::Kind::sign) &&
           t.text == text;
  }
  bool take(std::string_view text) { return word(text) && (++at_, true); }
  Error here(const std::string& message) const {
    return expression_error(tokens_[at_].column, message);
  }

  Result<Index> add(Node node) {
    if (nodes_.size() >= kMostNodes) return here("the expression is too long");
    nodes_.push_back(std::move(node));
    return static_cast<Index>(nodes_.size() - 1);
  }

  std::optional<Error> not_boolean(Index node, std::size_t column) const {
    const Type type = nodes_[node].type;
    if (type == Type::boolean) return std::nullopt;
    return expression_error(
        column, fmt::format("{} is no condition; compare it with something", type_name(type)));
  }

  // Operands of `and` or `or`: a chain that leans to the left.
  Result<Index> chain(std::string_view joint, Op op, Result<Index> (Parser::*operand)()) {
    std::size_t column = tokens_[at_].column;
    auto left = (this->*operand)();
    if (!left) return left;
    while (word(joint)) {
      if (auto wrong = not_boolean(*left, column)) return *wrong;
      ++at_;
      column = tokens_[at_].column;
      auto right = (this->*operand)();
      if (!right) return right;
      if (auto wrong = not_boolean(*right, column)) return *wrong;
      left = add({.op = op, .left = *left, .right = *right});
      if (!left) return left;
    }
    return left;
  }

  Result<Index> either() { return chain("or", Op::either, &Parser::both); }
  Result<Index> both() { return chain("and", Op::both, &Parser::negation); }

  Result<Index> negation() {
    if (!word("not")) return comparison();
    if (++level_ > kMostLevels) return here("too many levels");
    ++at_;
    const std::size_t column = tokens_[at_].column;
    auto operand = negation();
    --level_;
    if (!operand) return operand;
    if (auto wrong = not_boolean(*operand, column)) return *wrong;
    return add({.op = Op::negation, .left = *operand});
  }

  Result<Index> comparison() {
    auto left = value();
    if (!left) return left;
    const auto* sign =
        std::ranges::find_if(kComparisons, [this](const auto& c) { return word(c.first); });
    if (sign == kComparisons.end()) return left;
    const std::size_t column = tokens_[at_++].column;
    auto right = value();
    if (!right) return right;
    const Type type = nodes_[*left].type;
    if (type != nodes_[*right].type) {
      return expression_error(column, fmt::format("{} is compared with {}", type_name(type),
                                                  type_name(nodes_[*right].type)));
    }
    const bool any = sign->second == Op::equal || sign->second == Op::not_equal;
    const Type wanted = sign->second == Op::contains ? Type::text : Type::number;
    if (!any && type != wanted) {
      return expression_error(column,
                              fmt::format("{} does not go with {}", sign->first, type_name(type)));
    }
    return add({.op = sign->second, .left = *left, .right = *right});
  }

  Result<Index> value() {
    const ExpressionToken& t = tokens_[at_];
    if (t.kind == ExpressionToken::Kind::number) {
      ++at_;
      return add({.type = Type::number, .number = t.number});
    }
    if (t.kind == ExpressionToken::Kind::text) {
      ++at_;
      return add({.type = Type::text, .text = t.text});
    }
    if (word("(")) return parentheses();
    if (t.kind == ExpressionToken::Kind::name) return name();
    return here(t.kind == ExpressionToken::Kind::end
                    ? "the expression ends too early"
                    : fmt::format("'{}' should be a value", t.text));
  }

  Result<Index> parentheses() {
    if (++level_ > kMostLevels) return here("too many levels");
    ++at_;
    auto inner = either();
    --level_;
    if (!inner) return inner;
    if (!take(")")) return here("a ')' is missing");
    return inner;
  }

  Result<Index> name() {
    const std::string& text = tokens_[at_].text;
    if (text == "true" || text == "false") {
      ++at_;
      return add({.number = text == "true" ? 1.0 : 0.0});
    }
    const auto found = std::ranges::find(names_, text, &ExpressionName::name);
    if (found == names_.end()) {
      std::vector<std::string> known;
      for (const ExpressionName& n : names_) known.push_back(n.name);
      return here(fmt::format("nothing is called '{}'; did you mean '{}'?", text,
                              nearest_name(text, known)));
    }
    ++at_;
    return add(
        {.op = Op::name, .type = found->type, .left = static_cast<Index>(found - names_.begin())});
  }

  std::vector<ExpressionToken> tokens_;
  const std::vector<ExpressionName>& names_;
  std::vector<Node> nodes_;
  std::size_t at_ = 0;
  int level_ = 0;
};

}  // namespace

Result<Expression> parse_expression(std::string_view source,
                                    const std::vector<ExpressionName>& names) {
  if (source.size() > kMostExpressionBytes)
    return expression_error(kMostExpressionBytes, "the expression is longer than 4096 bytes");
  auto tokens = expression_tokens(source);
  if (!tokens) return tokens.error();
  return Parser(std::move(tokens).value(), names).parse();
}

}  // namespace pincer
