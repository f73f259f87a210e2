// Cuts the source of an expression into its words.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pincer/engine/result.h"

namespace pincer {

struct ExpressionToken {
  enum class Kind { name, number, text, sign, end };
  Kind kind = Kind::end;
  std::string text = {};  // of a text without its quotes
  double number = 0;
  std::size_t column = 1;
};

// Ends with a token `end`. Errors: invalid_argument with the column.
Result<std::vector<ExpressionToken>> expression_tokens(std::string_view source);

Error expression_error(std::size_t column, const std::string& message);

}  // namespace pincer
